"""What every summarizer offers, and where one comes from."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from summarize import english
from summarize.line import Line

DEFAULT_SUMMARIZER = "sshleifer/distilbart-cnn-12-6"
DEFAULT_WORDS = 60  # of a brief
SLACK = 0.2  # a brief within a fifth of the length asked for is as long as asked


class Summarizer(Protocol):
    """Turns the English sentences of an article into the lines of a brief."""

    @property
    def recipe(self) -> dict[str, Any]:
        """How lines are made, as plain JSON."""
        ...

    def summarize_all(
        self, articles: Iterable[Sequence[str]], words: int = DEFAULT_WORDS
    ) -> Iterator[list[Line]]:
        """A brief of about `words` words for each article, in order; no line where it has no word.

        Articles may go on for ever: a window of them is held at a time.
        """
        ...

    def summarize(self, sentences: Sequence[str], words: int = DEFAULT_WORDS) -> list[Line]:
        """A brief of about `words` words of one article."""
        ...


def load(name: str = DEFAULT_SUMMARIZER, **options: Any) -> Summarizer:
    """The summarizer `name`: "extract", or a BART model as `seq2seq.load` finds it.

    Args:
        name: "extract", a hub id, a directory or a bundled model's name.
        options: those of `seq2seq.load`; "extract" needs none.

    Raises:
        ModelError: no such model, or one that cannot be loaded or run.
    """
    if name == "extract":
        from summarize.extract import Extract

        return Extract()
    import seq2seq
    from summarize.abstract import Abstract

    return Abstract(seq2seq.load(name, **options))


def worded(sentences: Sequence[str]) -> dict[int, str]:
    """The sentences that have a word, each as one line, by their indices."""
    lines = (" ".join(sentence.split()) for sentence in sentences)
    return {i: line for i, line in enumerate(lines) if english.tokens(line)}


def whole(sentences: Sequence[str], words: int) -> list[Line] | None:
    """The article itself where it is as short as the brief, else None."""
    found = worded(sentences)
    if sum(map(english.words, found.values())) > (1 + SLACK) * words:
        return None
    return [Line(text, (i,)) for i, text in found.items()]
