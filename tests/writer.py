"""A model that writes what a test wants it to."""

from collections.abc import Callable, Sequence

from seq2seq import Decoding, Hypothesis, InputTooLong, Recipe
from summarize import english


def lead(text: str) -> list[str]:
    """The first three sentences, as news models like to do."""
    return [" ".join(english.sentences(text)[:3])]


class Writer:
    """A `Seq2Seq` whose hypotheses are `write(text)`; it notes what it was asked."""

    recipe = Recipe("writer", "1", "none", "text")
    decoding = Decoding(beam=4, length_penalty=2.0, no_repeat_ngram=3, max_tokens=1022)

    def __init__(
        self, write: Callable[[str], list[str]] = lead, *, limit: int = 1024, token: int = 4
    ) -> None:
        self._write = write
        self.limit = limit
        self._token = token  # letters
        self.calls: list[tuple[list[str], Decoding]] = []

    def count(self, texts: Sequence[str]) -> list[int]:
        return [2 + sum(-(-len(word) // self._token) for word in text.split()) for text in texts]

    def generate(self, texts: Sequence[str], decoding: Decoding) -> list[list[Hypothesis]]:
        for index, tokens in enumerate(self.count(texts)):
            if tokens > self.limit:
                raise InputTooLong(index, tokens, self.limit)
        self.calls.append((list(texts), decoding))
        return [[Hypothesis(said) for said in self._write(text)] for text in texts]

    @property
    def read(self) -> list[str]:
        """The texts of all calls."""
        return [text for texts, _ in self.calls for text in texts]
