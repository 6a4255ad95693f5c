"""Over-long sentences divided where a reader would pause, into pieces that fit a model."""

import re
from bisect import bisect
from collections.abc import Callable

# What begins a clause after a comma: conjunctions, relative pronouns and question words.
_CLAUSE_WORDS = frozenset(
    """
    aber als anstatt bevor bis da dadurch damit dass daß dem den denen denn der deren dessen die das
    doch ehe falls indem je jedoch nachdem ob obgleich obwohl oder ohne seit seitdem sobald sodass
    sofern solange sondern sowie sowohl um und während wann warum was weil welche welchem welchen
    welcher welches wem wen wenn wer weshalb wessen wie wo wobei wodurch wofür wogegen woher wohin
    womit wonach woran worauf woraus worin worüber wovon wozu zumal
    """.split()
)
_JOINERS = frozenset(("und", "oder", "sowie"))

# How far from the middle, as a share of the length, a division may lie to be as good as one of
# the next kind in the middle: sentence ends and semicolons first, bare white space last.
_COSTS = (0.0, 0.1, 0.2, 0.3, 0.35, 0.6)
_MARGIN = 0.2  # of the length on either side in which nothing is divided

_SPACE = re.compile(r"\s++(?=(\w{0,20}))")
_CLOSING = "\"'“”‘’»«›‹)]"


def split(text: str, fits: Callable[[str], bool]) -> list[str]:
    """Divide `text` into pieces that fit; joined, they are `text` again.

    Whatever does not fit is halved at the best clause boundary near its middle, so that no piece
    is much shorter than it needs to be, and `fits` is called less than twice for each piece.

    Args:
        text: a sentence.
        fits: whether a piece is short enough. A single character always counts as fitting.

    Returns:
        The pieces in order, at least one; white space between two is at the first one's end.
    """
    boundaries: list[list[int]] = [[] for _ in _COSTS]
    for match in _SPACE.finditer(text):
        before = text[max(match.start() - 3, 0) : match.start()]
        boundaries[_rank(before, match[1])].append(match.end())
    return _divided(text, 0, len(text), boundaries, fits)


def _rank(before: str, word: str) -> int:
    """The place in `_COSTS` of a division between `before` and `word`."""
    mark = before.rstrip(_CLOSING)[-1:]
    if mark == ";" or (mark in (".", "!", "?", "…") and not word.islower()):
        return 0
    if mark in (":", "–", "—"):
        return 1
    if mark == ",":
        return 2 if word in _CLAUSE_WORDS else 3
    return 4 if word in _JOINERS else 5


def _divided(
    text: str, start: int, end: int, boundaries: list[list[int]], fits: Callable[[str], bool]
) -> list[str]:
    piece = text[start:end]
    if len(piece) < 2 or fits(piece):
        return [piece]
    at = _best(start, end, boundaries)
    return [
        *_divided(text, start, at, boundaries, fits),
        *_divided(text, at, end, boundaries, fits),
    ]


def _best(start: int, end: int, boundaries: list[list[int]]) -> int:
    """The boundary between `start` and `end` that costs least, or else their middle."""
    length, middle = end - start, (start + end) // 2
    found = []
    for cost, positions in zip(_COSTS, boundaries, strict=True):
        nearest = bisect(positions, middle)
        for position in positions[max(nearest - 1, 0) : nearest + 1]:
            distance = abs(position - middle) / length
            if distance <= 0.5 - _MARGIN:
                found.append((cost + distance, position))
    return min(found)[1] if found else middle
