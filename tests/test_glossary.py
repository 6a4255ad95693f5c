"""Without this, a newsroom's own terms and the usual names would come out as the model likes."""

from pathlib import Path

import pytest

from translate.glossary import Glossary, GlossaryError, Term

PIONEER = Term("Pioniere", "sappers")


@pytest.mark.parametrize("word", ["Pioniere", "Pionieren", "Pionier", "Pioniers", "Pioniere,"])
def test_inflected_forms_are_found(word: str) -> None:
    assert PIONEER.is_in(f"Die {word} kamen.")


@pytest.mark.parametrize("word", ["Pionierleistung", "pionierhaft", "Championiere", "Pio"])
def test_other_words_are_not(word: str) -> None:
    assert not PIONEER.is_in(f"Die {word} kamen.")


@pytest.mark.parametrize(
    ("german", "english", "before", "after"),
    [
        ("Schoigu", "Shoigu", "Mr Schoigu said so.", "Mr Shoigu said so."),
        ("Schoigu", "Shoigu", "Schoigus visit ended.", "Shoigu's visit ended."),
        ("Schoigu", "Shoigu", "Schoygu's visit ended.", "Shoigu's visit ended."),
        ("Kiew", "Kyiv", "They met in Kiev.", "They met in Kyiv."),
        ("Kiew", "Kyiv", "They met in Kyiv.", "They met in Kyiv."),
        ("Kiew", "Kyiv", "They met in Lviv.", "They met in Lviv."),
        ("Peking", "Beijing", "In Peking, talks began.", "In Beijing, talks began."),
        ("Rom", "Rome", "He left Rom today.", "He left Rome today."),
        ("Rom", "Rome", "He left from here.", "He left from here."),
        ("Bundeskanzler", "Chancellor", "The chancellor left.", "The chancellor left."),
    ],
)
def test_terms_are_placed(german: str, english: str, before: str, after: str) -> None:
    assert Term(german, english).placed(before, f"Es geht um {german}.") == after


@pytest.mark.parametrize(
    ("german", "english", "text", "source"),
    [
        ("Irak", "Iraq", "Iran is near.", "Der Irak liegt nahe."),
        (
            "Kanzleramt",
            "Chancellery",
            "The Chancellor's office is open.",
            "Das Kanzleramt ist auf.",
        ),
    ],
)
def test_another_word_is_left_alone(german: str, english: str, text: str, source: str) -> None:
    assert Term(german, english).placed(text, source) == text


def test_the_longer_term_counts() -> None:
    glossary = Glossary([Term("Rat", "council"), Term("Rat der Stadt", "city council")])
    assert [t.english for t in glossary.terms("Der Rat der Stadt tagt.")] == ["city council"]
    assert [t.english for t in glossary.terms("Der Rat tagt, auch der Rat der Stadt.")] == [
        "city council",
        "council",
    ]


def test_terms_in_hyphenated_words_are_found() -> None:
    glossary = Glossary([Term("Peking", "Beijing")])
    assert glossary.terms("Die Peking-Reise und der China-Peking-Plan")


@pytest.mark.parametrize(
    "text",
    [
        "# Begriffe\nPioniere\tsappers\tmilitary\n\nKiew\tKyiv\n",
        "Pioniere;sappers;military\nKiew;Kyiv;\n",
        '"Pioniere","sappers","military, of course"\nKiew,Kyiv\n',
        "\ufeffPioniere\tsappers\r\nKiew\tKyiv\r\n",
    ],
)
def test_tables_as_people_write_them(tmp_path: Path, text: str) -> None:
    (tmp_path / "terms").write_text(text, encoding="utf-8", newline="")
    assert set(Glossary.read(tmp_path / "terms")) == {PIONEER, Term("Kiew", "Kyiv")}


@pytest.mark.parametrize("text", ["nur ein Begriff\n", "\tkein Deutsch\n", "kein Englisch\t \n"])
def test_a_line_without_two_terms_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "terms.tsv").write_text(text, encoding="utf-8")
    with pytest.raises(GlossaryError, match="entry 1"):
        Glossary.read(tmp_path / "terms.tsv")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(GlossaryError, match=r"none\.tsv"):
        Glossary.read(tmp_path / "none.tsv")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(GlossaryError, match="binary"):
        Glossary.read(tmp_path / "binary")


def test_the_users_terms_go_before_the_bundled_names() -> None:
    own = Glossary([Term("Kiew", "Kiev")])
    both = own | Glossary([Term("Kiew", "Kyiv"), Term("Rom", "Rome")])
    assert {(t.german, t.english) for t in both} == {("Kiew", "Kiev"), ("Rom", "Rome")}
    assert both.digest != own.digest


def test_bundled_names() -> None:
    names = {t.german: t.english for t in Glossary.names()}
    assert names["Schoigu"] == "Shoigu"
    assert names["Kiew"] == "Kyiv"
