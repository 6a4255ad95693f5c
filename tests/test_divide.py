"""Articles over a model's limit are divided, and nothing is lost."""

from collections.abc import Sequence
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarize.divide import divided
from tests.news import BRIDGE
from tests.writer import Writer


def _words(sentences: Sequence[str]) -> list[str]:
    return " ".join(sentences).split()


def _sizes(parts: list[list[str]]) -> list[int]:
    return [len(_words(part)) for part in parts]


def test_what_fits_stays_together() -> None:
    """Two halves of a short article would be summarised without each other."""
    assert divided(BRIDGE, Writer(limit=1024)) == [list(BRIDGE)]


@pytest.mark.parametrize("limit", [40, 60, 100, 200])
def test_parts_hold_every_sentence_once_and_are_alike_in_size(limit: int) -> None:
    """A part left out would be missing in the brief; a tiny last one would weigh too much."""
    article = list(BRIDGE) * 3
    writer = Writer(limit=limit)
    parts = divided(article, writer)
    assert [sentence for part in parts for sentence in part] == article
    assert max(writer.count([" ".join(part) for part in parts])) <= limit
    longest = max(_sizes([[sentence] for sentence in article]))
    assert max(_sizes(parts)) - min(_sizes(parts)) <= 2 * longest


def test_an_endless_sentence_is_split_at_clauses() -> None:
    """A model would be given half a word, or be given it all and fail."""
    numbers = count()
    clause = "the council of Altenbruck debated point {} for an hour"
    sentence = "; ".join(clause.format(next(numbers)) for _ in range(500)) + "."
    writer = Writer(limit=100)
    parts = divided(["Before it.", sentence, "After it."], writer)
    pieces = [piece for part in parts for piece in part]
    assert _words(pieces) == _words(["Before it.", sentence, "After it."])
    assert max(writer.count([" ".join(part) for part in parts])) <= 100
    assert all(piece.endswith((";", ".")) for piece in pieces)


@given(st.lists(st.text(alphabet="ab ,;", min_size=1, max_size=60), min_size=1, max_size=8))
def test_no_letter_is_lost_whatever_the_text(texts: list[str]) -> None:
    """Text without clauses, spaces or sense would be cut silently."""
    writer = Writer(limit=6, token=3)
    parts = divided(texts, writer)
    assert "".join("".join(_words(part)) for part in parts) == "".join(_words(texts))
    assert max(writer.count([" ".join(part) for part in parts])) <= 6
