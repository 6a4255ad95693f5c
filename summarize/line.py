"""A line of a brief."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """A line of the brief and the indices of the sentences that support it, best first."""

    text: str
    evidence: tuple[int, ...]
