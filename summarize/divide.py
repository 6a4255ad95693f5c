"""An article in parts that a model can read at once."""

import re
from collections.abc import Sequence

from seq2seq import Seq2Seq

_CLAUSE_END = re.compile(r"(?<=[;:,)])\s+|\s+(?=[–—(])")
_SPACE = re.compile(r"\s+")


def divided(sentences: Sequence[str], model: Seq2Seq) -> list[list[str]]:
    """Consecutive sentences in as few parts of about one size as the model's limit allows.

    A sentence over the limit is split, at the end of a clause if it has one near its middle.
    """
    pieces = list(sentences)
    if _fit([pieces], model):
        return [pieces]
    pieces = [piece for sentence in pieces for piece in _pieces(sentence, model)]
    sizes = model.count(pieces)
    count = -(-sum(sizes) // model.limit)
    while not _fit(parts := _balanced(pieces, sizes, count), model):
        count += 1 + count // 20
    return parts


def _fit(parts: list[list[str]], model: Seq2Seq) -> bool:
    return max(model.count([" ".join(part) for part in parts])) <= model.limit


def _balanced(pieces: list[str], sizes: list[int], count: int) -> list[list[str]]:
    """Each piece goes to the part that its middle falls into."""
    parts: list[list[str]] = [[] for _ in range(count)]
    total, before = sum(sizes), 0
    for piece, size in zip(pieces, sizes, strict=True):
        parts[(2 * before + size) * count // (2 * total)].append(piece)
        before += size
    return [part for part in parts if part]


def _pieces(sentence: str, model: Seq2Seq) -> list[str]:
    """The sentence in pieces within the limit: halved until they are."""
    if _fit([[sentence]], model) or len(sentence) < 2:
        return [sentence]
    middle = len(sentence) // 2
    cut = _nearest(_CLAUSE_END, sentence, middle) or _nearest(_SPACE, sentence, middle) or middle
    halves = sentence[:cut].rstrip(), sentence[cut:].lstrip()
    return [piece for half in halves for piece in _pieces(half, model)]


def _nearest(mark: re.Pattern[str], sentence: str, middle: int) -> int | None:
    """Where the mark nearest to the middle starts, within the middle half."""
    starts = (match.start() for match in mark.finditer(sentence, middle // 2, middle + middle // 2))
    return min(starts, key=lambda start: abs(start - middle), default=None)
