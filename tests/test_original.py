"""A name called missing that German has, in its own way, costs a right line its place."""

import re

import pytest

from depesche.original import COMMON, EXONYMS, Original, is_telling
from translate import Glossary

NAMES = Glossary.names()


def missing(text: str, german: str, glossary: Glossary = NAMES) -> list[str]:
    original = Original([german], glossary)
    words = filter(is_telling, re.findall(r"\w+", text))
    return [word for word in words if not original.has_name(word, [0])]


def test_bundled_names_are_known() -> None:
    assert [t for t in NAMES if missing(t.english, f"Gestern kam {t.german}.")] == []


PEOPLES = """Danes Dänen|Dutch niederländische|Egyptians Ägypter|Finns Finnen|French Franzosen
Germans deutsche|Germany bundesweit|Greeks griechische|Hungarians ungarische|Irish Iren
Iraqi nordirakische|Japanese japanische|Jewish jüdische|Lebanese libanesische|Latvians Letten
Macedonia Nordmazedonien|Mexicans Mexikaner|Poles polnische|Portuguese portugiesische
Russian südrussische|Scottish schottische|Spaniards spanische|Swedes schwedische|Swiss Schweizer
Syrian nordsyrische|Turks Türkinnen|Ukrainians Westukrainer|Welsh walisische|Americans US-Bürger
British Briten|Bavarian bayerische|Saxon sächsische|Westphalian westfälische|Muslims muslimische
Christians christliche|Alps Alpen|Rhine Rhein|Danube Donau|Baltic Ostsee|Munich Münchner
Cologne Kölner|Vienna Wiener|Geneva Genfer|Prague Prager|Szczecin Stettiner|Venice venezianische"""


@pytest.mark.parametrize("pair", PEOPLES.replace("\n", "|").split("|"))
def test_countries_peoples_and_cities_are_known(pair: str) -> None:
    name, german = pair.split()
    assert missing(name, f"Dort waren viele {german}.", Glossary([])) == []


def test_another_country_is_missed() -> None:
    german = "Die Deutschen, die Franzosen und die Menschen in Tschechien zusammen."
    assert missing("Germans Danes Turks America Austria", german) == [
        "Danes",
        "Turks",
        "America",
        "Austria",
    ]


@pytest.mark.parametrize("word", "Court Foreign Yesterday Mrs ECB Xi June Sundays Two".split())
def test_what_may_be_translated_is_no_name(word: str) -> None:
    """A capital alone makes no name: the word may begin the sentence, or an office's name."""
    assert missing(word, "Er ging.") == []


def test_the_lists_are_well_formed() -> None:
    """A row without a tab would end the first brief; a capital would never be found."""
    rows = [row for row in EXONYMS.read_text(encoding="utf-8").splitlines() if row[0] != "#"]
    assert all(row.count("\t") == 1 and row == row.lower() for row in rows)
    assert rows == sorted(rows)
    words = COMMON.read_text(encoding="utf-8").split()
    assert words == sorted(set(words))
