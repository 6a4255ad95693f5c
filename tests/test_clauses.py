"""Over-long sentences are divided where a reader would pause, and nothing of them is lost."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.clauses import split


@given(st.text(alphabet="aB ,;:–.„“und\n", max_size=200), st.integers(1, 20))
def test_pieces_fit_and_join_to_the_sentence(text: str, longest: int) -> None:
    """A piece that does not fit could not be translated; a lost one would be missing."""
    pieces = split(text, lambda piece: len(piece) <= longest)
    assert "".join(pieces) == text
    assert all(len(piece) <= longest for piece in pieces)


def test_what_fits_is_left_whole() -> None:
    assert split("Kurz, aber gut.", lambda _: True) == ["Kurz, aber gut."]


def test_a_character_is_never_divided() -> None:
    """Else a model without room for anything would hang the program."""
    assert split("abc", lambda _: False) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("sentence", "longest"),
    [
        ("Die Stadt zahlt, was sie kann; |der Bund zahlt, was er will.", 7),
        ("Die Stadt baut eine Brücke, einen Tunnel und Wege, |weil der Verkehr wächst.", 9),
        ("Der Rat der Stadt beschloss am späten Abend: |Das Bad bleibt doch offen.", 8),
        ("Rote Äpfel, gelbe Birnen, |blaue Pflaumen, grüne Trauben", 5),
        ("Die Stadt plant neue Wege |und der Bund zahlt das meiste", 7),
        ("„Wir gehen jetzt alle nach Hause. |Morgen kommen wir wieder zurück.“", 7),
    ],
)
def test_divides_at_the_best_boundary(sentence: str, longest: int) -> None:
    """Half clauses are translated badly."""
    expected = sentence.split("|")
    assert split("".join(expected), lambda piece: len(piece.split()) <= longest) == expected


def test_a_sentence_of_5000_words_is_divided_with_few_questions() -> None:
    """Counting tokens is what costs time."""
    clause = "der Minister, der das nicht wusste, sagte nichts und ging nach Hause, "
    sentence = clause * (5000 // len(clause.split()))
    asked = 0

    def fits(piece: str) -> bool:
        nonlocal asked
        asked += 1
        return len(piece.split()) <= 100

    pieces = split(sentence, fits)
    assert "".join(pieces) == sentence
    assert asked < 2 * len(pieces)
    assert len(pieces) <= 2 * 5000 / 100  # none is much shorter than it needs to be


def test_time_grows_with_length_only() -> None:
    """Else a text without stops would stop a batch."""

    def seconds(words: int) -> float:
        begin = time.process_time()
        split("wort, und " * (words // 2), lambda piece: len(piece) < 500)
        return time.process_time() - begin

    short = max(seconds(2_000), 0.005)
    assert seconds(16_000) < 30 * short  # 8 times as long; quadratic would be 64 times
