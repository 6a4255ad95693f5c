"""What a user can cause, said in one line."""


class ModelError(Exception):
    """A model that cannot be found, loaded or run; the message is one line that says what helps."""


class InputTooLong(ModelError):
    """A text has more tokens than the model takes.

    Nothing is ever cut: who calls splits the text, and `index` says which one it is.
    """

    def __init__(self, index: int, tokens: int, limit: int) -> None:
        super().__init__(f"text {index} has {tokens} tokens, the model takes {limit}")
        self.index = index
        self.tokens = tokens
        self.limit = limit
