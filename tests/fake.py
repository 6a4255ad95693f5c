"""A model that needs no weights; it comes in through the seam that production uses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from seq2seq import Decoding, Hypothesis, InputTooLong, Recipe


def shouted(text: str) -> str:
    """What the double says for a source: itself, marked."""
    return f"EN({text})"


@dataclass
class FakeModel:
    """Says `reply(text)` for each text, a word a token; remembers what it was asked."""

    reply: Callable[[str], str] = shouted
    limit: int = 512
    decoding: Decoding = field(default_factory=Decoding)
    complete: bool = True
    calls: list[tuple[list[str], Decoding]] = field(default_factory=list)
    recipe: Recipe = field(default_factory=lambda: Recipe("fake", "1", "fake", "float32"))

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) + 1 for text in texts]

    def generate(self, texts: Sequence[str], decoding: Decoding) -> list[list[Hypothesis]]:
        for index, tokens in enumerate(self.count(texts)):
            if tokens > self.limit:
                raise InputTooLong(index, tokens, self.limit)
        self.calls.append((list(texts), decoding))
        replies = [Hypothesis(self.reply(text), self.complete) for text in texts]
        return [[reply] * decoding.hypotheses for reply in replies]
