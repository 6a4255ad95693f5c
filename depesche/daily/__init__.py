"""The daily brief: sources are gathered, each article is briefed, and a digest is made of them."""
