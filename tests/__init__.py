"""A file for each module; each test says what a user would lose."""
