"""What a reader has written down is read, and a slip of the pen is told where it is."""

from pathlib import Path

import pytest

from depesche.brief import InputError
from depesche.daily.config import Config, read, sources_of
from depesche.daily.news import Source

OPML = """<?xml version="1.0" encoding="ISO-8859-1"?>
<opml version="2.0"><head><title>Meine Feeds</title></head><body>
<outline text="Politik">
  <outline type="rss" text="Bote" title="Der Bote" xmlUrl=" https://bote.example/feed "/>
  <outline text="Länder"><outline text="Kurier" xmlUrl="https://kurier.example/rdf"/></outline>
</outline>
<outline text="Blatt" xmlUrl="https://blatt.example/"/>
</body></opml>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "feeds.opml").write_text(OPML, encoding="latin-1")
    return tmp_path


def config(folder: Path, text: str) -> Config:
    path = folder / "depesche.toml"
    path.write_text(text, encoding="utf-8")
    return read(path)


def refused(folder: Path, text: str) -> str:
    with pytest.raises(InputError) as caught:
        config(folder, text)
    message = str(caught.value)
    assert "\n" not in message
    assert str(folder / "depesche.toml") in message
    return message


def test_settings_and_sources(folder: Path) -> None:
    """Paths are those of the file, wherever the command is started."""
    found = config(
        folder,
        """
        title = "Morgenlage"
        output = "tage"
        glossary = "terms.tsv"
        tz = "Europe/Vienna"
        max = 20
        categories = ["Politik", "Sport"]

        [[source]]
        address = "https://bote.example/feed"
        title = "Der Bote"
        category = "Politik"
        limit = 5

        [[source]]
        address = "eigene"
        """,
    )
    assert found == Config(
        sources=(
            Source("https://bote.example/feed", "Der Bote", "Politik", 5),
            Source(str(folder / "eigene")),
        ),
        title="Morgenlage",
        output=folder / "tage",
        glossary=folder / "terms.tsv",
        tz="Europe/Vienna",
        max=20,
        categories=("Politik", "Sport"),
    )


def test_nothing_is_needed(folder: Path) -> None:
    assert config(folder, "") == Config()


def test_a_list_of_feeds_in_the_configuration(folder: Path) -> None:
    """Its own headings are the categories; what has none gets that of the table."""
    found = config(
        folder, '[[source]]\naddress = "feeds.opml"\ncategory = "Anderes"\nlimit = 3'
    ).sources
    assert found == (
        Source("https://bote.example/feed", "Der Bote", "Politik", 3),
        Source("https://kurier.example/rdf", "Kurier", "Länder", 3),
        Source("https://blatt.example/", "Blatt", "Anderes", 3),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('titel = "x"', "unknown key 'titel'"),
        ("title = 3", "title must be a text in quotes, not 3"),
        ('title = " "', "title must be a text"),
        ("output = []", "output must be a path in quotes"),
        ("max = true", "max must be a whole number above 0, not True"),
        ("max = 0", "max must be"),
        ('words = "60"', "words must be a whole number"),
        ('categories = "Politik"', "categories must be a list of texts"),
        ("categories = [1]", "categories must be a list of texts"),
        ('source = "https://bote.example"', "written as [[source]]"),
        ("[source]\naddress = 'x'", "written as [[source]]"),
        ("source = [1]", "written as [[source]]"),
        ('[[source]]\naddress = "a"\n[[source]]\ntitle = "x"', "source 2: it has no address"),
        ('[[source]]\nurl = "https://x.example"', "source 1: unknown key 'url'"),
        ('[[source]]\naddress = "file:///etc/passwd"', "only http and https"),
        ("title = ", "is no TOML"),
        ("a = 1\na = 1", "is no TOML"),
    ],
)
def test_slips(folder: Path, text: str, message: str) -> None:
    assert message in refused(folder, text)


def test_a_configuration_that_cannot_be_read(folder: Path) -> None:
    with pytest.raises(InputError, match=r"none\.toml: No such file"):
        read(folder / "none.toml")
    (folder / "depesche.toml").write_bytes(b"\x00\x01\x02\x03" * 100)
    with pytest.raises(InputError, match="binary"):
        read(folder / "depesche.toml")


def test_what_a_command_line_names(folder: Path) -> None:
    (folder / "tag.jsonl").write_text("", encoding="utf-8")
    names = ["https://bote.example/feed", str(folder), str(folder / "tag.jsonl")]
    assert sources_of(names) == tuple(map(Source, names))
    assert [one.title for one in sources_of([str(folder / "feeds.opml")])] == [
        "Der Bote",
        "Kurier",
        "Blatt",
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bote.example", "no such file or folder; the address of a feed begins with https://"),
        ("bote.example/feed", "begins with https://"),
        ("nichts", "nichts: no such file or folder"),
        ("ftp://bote.example", "only http and https"),
        ("file:///etc/passwd", "only http and https"),
    ],
)
def test_where_no_source_is_named_it_is_said_at_once(name: str, message: str) -> None:
    """Not after models were downloaded for it."""
    with pytest.raises(InputError) as caught:
        sources_of([name])
    assert message in str(caught.value)


def test_one_name_of_nothing_among_others_is_a_source_that_fails(folder: Path) -> None:
    """A disk that is not mounted one morning must not cost the whole brief."""
    names = ["nichts", "https://bote.example/feed"]
    assert sources_of(names) == tuple(map(Source, names))


@pytest.mark.parametrize(
    ("opml", "message"),
    [
        ("<opml><body/></opml>", "no feed in it"),
        ("<opml><body><outline></body></opml>", "no OPML"),
        (OPML.replace("https://blatt.example/", "file:///etc/passwd"), "only http and https"),
        (OPML.replace("https://blatt.example/", "javascript:1"), "only http and https"),
    ],
)
def test_lists_of_feeds_that_are_none(folder: Path, opml: str, message: str) -> None:
    (folder / "feeds.opml").write_text(opml, encoding="latin-1")
    with pytest.raises(InputError) as caught:
        sources_of([str(folder / "feeds.opml")])
    assert message in str(caught.value)


def test_a_hostile_list_of_feeds(folder: Path) -> None:
    """Neither is a file read nor the memory filled."""
    (folder / "secret").write_text("geheim", encoding="utf-8")
    entities = f'<!ENTITY x SYSTEM "{(folder / "secret").as_uri()}"><!ENTITY a0 "Bumm">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)
    )
    for text in ("&a11;", "&x;"):
        (folder / "feeds.opml").write_text(
            f'<!DOCTYPE opml [{entities}]><opml><body><outline text="{text}" '
            'xmlUrl="https://x.example"/></body></opml>',
            encoding="utf-8",
        )
        with pytest.raises(InputError, match="no OPML"):
            sources_of([str(folder / "feeds.opml")])
