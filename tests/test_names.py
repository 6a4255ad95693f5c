"""Names must be right: a wrong entry of the bundled list is wrong in every text."""

import re
from itertools import product
from pathlib import Path

import pytest

import translate.names
from translate.names import lost_names, similar

ROWS = [
    tuple(line.split("\t"))
    for line in Path(translate.names.__file__)
    .with_name("names.tsv")
    .read_text(encoding="utf-8")
    .splitlines()
]


def test_the_bundled_list_has_three_full_columns_in_order() -> None:
    assert 300 <= len(ROWS) <= 450
    assert all(len(row) == 3 and all(cell == cell.strip() != "" for cell in row) for row in ROWS)
    assert [row[0] for row in ROWS] == sorted({row[0] for row in ROWS}, key=_order)
    assert {row[2] for row in ROWS} == {"person", "place", "office", "org"}


def test_an_entry_says_something_and_is_a_name() -> None:
    """An entry that changes nothing would only make false warnings."""
    for german, english, _ in ROWS:
        assert german != english
        assert german[0].isupper()
        assert not re.search(r"[\d();/,]", german + english)


def test_an_entry_is_not_the_english_of_another() -> None:
    """Otherwise what one entry writes the next would rewrite."""
    assert not {row[0] for row in ROWS} & {row[1] for row in ROWS}


def test_people_sound_alike_in_both_languages() -> None:
    """A line that slipped would give one person the name of another."""
    for german, english, kind in ROWS:
        if kind == "person":
            spellings = product(german.split(), english.split())
            assert any(similar(*pair) for pair in spellings), german


def test_what_readers_of_the_news_meet_is_there() -> None:
    known = {german: english for german, english, _ in ROWS}
    for pair in (
        "Schoigu Shoigu, Selenskyj Zelensky, Lawrow Lavrov, Pjöngjang Pyongyang, Kiew Kyiv, "
        "Peking Beijing, Bundeskanzler Chancellor, Netanjahu Netanyahu, Charkiw Kharkiv"
    ).split(", "):
        german, english = pair.split()
        assert known[german] == english


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("Angela Merkel kam.", "Angela Merkel came."),
        ("Sergej Lawrow kam.", "Sergei Lavrov came."),
        ("Tom Anfang der Woche zu sehen, war schön.", "It was nice to see Tom earlier this week."),
        ("Das New Yorker Gericht", "New York's court"),
        ("ANGELA MERKEL TRITT AB", "THE CHANCELLOR STEPS DOWN"),
    ],
)
def test_a_name_that_is_there_is_not_missed(source: str, target: str) -> None:
    assert lost_names(source, target) == []


def test_a_name_that_was_translated_as_a_word_is_missed() -> None:
    assert lost_names("Esme Nussbaum kam.", "Esme Walnut came.") == ["Esme Nussbaum"]
    assert lost_names("Kanzler Friedrich Merz kam.", "Chancellor Friedrich came.") == [
        "Friedrich Merz"
    ]


def _order(german: str) -> tuple[str, str]:
    return german.casefold(), german
