"""A line of a brief."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """A line of the brief and the indices of the sentences that support it, best first.

    `note` says how the line came about where a reader should know, as when the model failed and
    the line is a sentence of the article. `alternatives` are other wordings of it that the model
    found, best first, for who finds a fault in this one.
    """

    text: str
    evidence: tuple[int, ...]
    note: str = ""
    alternatives: tuple[str, ...] = ()
