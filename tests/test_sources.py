"""A text from wherever a reader has it, in whatever format; anything else is one clear line."""

import errno
import io
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from depesche import sources
from depesche.brief import InputError
from depesche.sources import read
from tests.documents import SAMPLES, article, docx, html, paragraphs, pdf_of, typeset
from tests.web import Answer, web

NOTICE = paragraphs("notiz.txt")[0]


def refused(name: str | Path, stdin: bytes = b"") -> str:
    with pytest.raises(InputError) as caught:
        read(str(name), io.BytesIO(stdin))
    message = str(caught.value)
    assert message
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", ["politik.txt", "notiz.txt", "leitfaden.md", "umbruch.txt"])
def test_a_text_file_is_read_whole(name: str) -> None:
    item = read(str(SAMPLES / name))
    assert item.text == (SAMPLES / name).read_text(encoding="utf-8")
    assert item.id == str(SAMPLES / name)
    assert item.url is None
    assert item.published is None


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("politik.txt", "Landtag beschließt Hilfspaket für die Häfen an der Unterweser"),
        ("leitfaden.md", "Was Mieter bei einer Heizungssperre tun können"),
        ("umbruch.txt", "Forscher finden im Moor einen Bohlenweg aus der Eisenzeit"),
        ("notiz.txt", None),
    ],
)
def test_the_title_is_the_heading_that_the_text_begins_with(name: str, title: str | None) -> None:
    """The chain knows by it that the title needs no translation of its own."""
    assert read(str(SAMPLES / name)).title == title


def test_a_lone_line_is_a_text_and_no_title() -> None:
    assert read("-", io.BytesIO(b"Landtag tagt")).title is None


FORMATS: dict[str, Callable[[], bytes]] = {
    "txt": (SAMPLES / "politik.txt").read_bytes,
    "docx": lambda: docx(
        ("Title" if i == 0 else "Normal", text) for i, text in enumerate(paragraphs("politik.txt"))
    ),
    "pdf": lambda: typeset(paragraphs("politik.txt")),
    "html": lambda: html(article("politik.txt")).encode(),
}


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_gives_the_same_article(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"artikel.{form}"
    path.write_bytes(FORMATS[form]())
    item = read(str(path))
    headline, *rest = paragraphs("politik.txt")
    assert item.title == headline
    expected = rest if form == "html" else [headline, *rest]
    assert item.text.removeprefix("# ").strip().split("\n\n") == expected


@pytest.mark.parametrize("form", FORMATS)
def test_a_format_is_known_by_its_content(form: str) -> None:
    """From a pipe there is no file name, and names lie."""
    item = read("-", io.BytesIO(FORMATS[form]()))
    assert item.id == "-"
    assert item.title == paragraphs("politik.txt")[0]


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encodings_of_a_file(codec: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(NOTICE.replace("Straße", "Stra\u00adße").encode(codec))
    assert read(str(path)).text == NOTICE


def test_a_page_names_its_charset(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    page = html(f"<p>{NOTICE} Preis: 5 €.</p>").replace('charset="utf-8"', 'charset="iso-8859-15"')
    path.write_bytes(page.encode("iso-8859-15", "xmlcharrefreplace"))
    assert "5 €" in read(str(path)).text


def test_a_page_in_utf_16(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(html(f"<p>{NOTICE}</p>").encode("utf-16"))
    assert read(str(path)).text == NOTICE


def test_a_saved_page_keeps_its_path_and_tells_its_address(tmp_path: Path) -> None:
    path = tmp_path / "seite"
    head = (
        '<link rel="canonical" href="https://weserbote.example/a">'
        '<meta property="article:published_time" content="2025-11-20T08:00:00Z">'
    )
    path.write_text(html(article("politik.txt"), head), encoding="utf-8")
    item = read(str(path))
    assert item.id == str(path)
    assert item.url == "https://weserbote.example/a"
    assert item.published == datetime(2025, 11, 20, 8, tzinfo=UTC)


def test_a_page_from_the_web() -> None:
    with web() as site:
        # No declaration in the page: the header is all there is.
        page = html(article("politik.txt")).replace('<meta charset="utf-8">', "").encode("cp1252")
        site.answers["/a"] = Answer(headers={"Location": "/b"}, status=302)
        site.answers["/b"] = Answer(page, {"Content-Type": "text/html; charset=ISO-8859-1"})
        item = read(f"{site.url}/a")
    assert item.id == item.url == f"{site.url}/b"
    assert item.text.split("\n\n") == paragraphs("politik.txt")[1:]


@pytest.mark.parametrize("form", ["txt", "pdf", "docx"])
def test_other_formats_from_the_web(form: str) -> None:
    with web() as site:
        kind = {"Content-Type": "application/octet-stream"}
        site.answers["/a"] = Answer(FORMATS[form](), kind)
        item = read(f"{site.url}/a")
    assert item.title == paragraphs("politik.txt")[0]
    assert item.url == f"{site.url}/a"


def test_walls_are_refused_and_say_so() -> None:
    stub = html(f"<p>{NOTICE}</p><p>Jetzt weiterlesen mit W+</p>").encode()
    assert "only the first 58 words" in refused("-", stub)
    wall = (
        "<html><body><p>Wir brauchen Ihre Zustimmung zu Cookies und Werbung.</p>"
        "<button>Alle akzeptieren</button></body></html>"
    )
    assert "consent" in refused("-", wall.encode())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b" \n\t\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (bytes(range(256)) * 20, "binary"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 99, "an image"),
        (b"PK\x03\x04" + b"\0" * 99, "ZIP archive"),
        (b"\x7fELF" + b"\0" * 99, "a program"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 99, "save it as DOCX"),
        (b"{\\rtf1 Text}", "RTF"),
        (b"<?xml version='1.0'?><rss><channel></channel></rss>", "XML"),
        (b'{"id": 1, "text": "Der Wind weht."}\n{"id": 2, "text": "Regen."}\n', "JSON"),
        (b'[\n {\n  "text": "Der Wind weht."}]', "depesche batch"),
        (b"%PDF-1.7 broken", "the PDF is broken"),
        (pdf_of([b""]), "no text"),
        (docx([("Normal", "Text")])[:-300], "the DOCX is broken"),
        (docx([]), "empty"),
        (b"<!DOCTYPE html><html><body></body></html>", "no article"),
    ],
)
def test_what_is_no_text(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    assert message in refused(path)
    assert message in refused("-", data)
    if b"%PDF" not in data and b"PK" not in data:
        assert refused(path.rename(tmp_path / "a.html"))


def test_names_that_lead_nowhere(tmp_path: Path) -> None:
    assert "directory" in refused(tmp_path)
    assert "No such file" in refused(tmp_path / "missing.txt")
    assert "null" in refused("a\0b")
    assert refused("x" * 5000)
    for url in ("ftp://weserbote.example/a", "file:///etc/hostname", "s3://a/b"):
        assert "http(s)" in refused(url)


def test_a_file_that_may_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by its mode, which root does not heed."""

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert refused(SAMPLES / "notiz.txt") == "Permission denied"


def test_an_input_without_end_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe or a device may never stop."""

    class Endless(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            assert size and 0 < size < 3_000_000
            return b"a" * size

    monkeypatch.setattr(sources, "MAX_BYTES", 2_000_000)
    with pytest.raises(InputError, match="more than 2 MB"):
        read("-", Endless())


def test_a_page_of_comments_takes_no_time() -> None:
    start = time.monotonic()
    read("-", io.BytesIO(b"<!-- -->" * 500 + b"Text"))
    assert time.monotonic() - start < 2


def test_fifty_megabytes_take_bounded_memory() -> None:
    text = (SAMPLES / "umbruch.txt").read_bytes()
    data = text * (50_000_000 // len(text))
    stdin = io.BytesIO(data)
    tracemalloc.start()
    try:
        item = read("-", stdin)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(item.text) == len(data.decode())
    assert peak < 8 * len(data)
