"""Where a text comes from: a file, a URL or standard input, in any of the formats read."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from depesche import charset, page, pdf, word
from depesche.brief import InputError, Item
from translate import Document

MAX_BYTES = 100_000_000  # of a file or of standard input

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)
# Atomic, so that many comments are no invitation to try every way to divide them.
_HTML = re.compile(
    r"(?:\s|(?><\?xml[^>]{0,200}>)|(?><!--.{0,2000}?-->))*+<(!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_JSON = re.compile(r'[\s\[]*+\{\s*"[^"]{1,100}"\s*:')
_HEAD = 4096  # bytes or characters that tell the format
_TITLE_WITHIN = 1000  # characters; no title is longer

# What begins like this is no text, and what helps.
_OTHER_FORMATS = (
    (b"\xd0\xcf\x11\xe0", "an old or encrypted Word file; save it as DOCX without a password"),
    (b"PK\x03\x04", "a ZIP archive or another Office format; save it as DOCX or PDF"),
    (b"{\\rtf", "an RTF file; save it as DOCX or plain text"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"\x1f\x8b", "a compressed file; unpack it first"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
)


@dataclass(frozen=True)
class _Raw:
    """Bytes and what their source says about them."""

    data: bytes
    is_html: bool = False
    charset: str | None = None
    url: str | None = None


def read(name: str, stdin: BinaryIO | None = None) -> Item:
    """Read a text.

    An article's title from an HTML page is no part of the item's text. Of any other format the
    text is complete, and the title is its first sentence if that is a heading.

    Args:
        name: a file's path, an http(s) URL, or "-" for standard input.
        stdin: what "-" stands for; `sys.stdin` if None.

    Raises:
        InputError: it cannot be read, or holds no text. The message does not repeat the name.
    """
    raw = _raw(name, stdin)
    head = raw.data[:_HEAD]
    if b"%PDF-" in head[:1024]:
        text = pdf.text(raw.data)
    elif head.startswith(b"PK\x03\x04") and b"word/document.xml" in raw.data:
        text = word.text(raw.data)
    else:
        for magic, what in _OTHER_FORMATS:
            if head.startswith(magic):
                raise InputError(f"it is {what}")
        text = charset.decode(raw.data, raw.charset or charset.declared(raw.data))
        if raw.is_html or _HTML.match(text[:_HEAD]):
            return _article(raw.url or name, text, raw.url)
        if text.startswith("<?xml"):
            raise InputError("it is XML, not an article")
        if _JSON.match(text):
            raise InputError("it is JSON; `depesche batch` reads the articles in .jsonl and .json")
    text = charset.clean(text)
    if not text.strip():
        raise InputError("it is empty")
    return Item(raw.url or name, text, _title(text), raw.url)


def _raw(name: str, stdin: BinaryIO | None) -> _Raw:
    if scheme := _SCHEME.match(name):
        if scheme[1].lower() not in ("http", "https"):
            raise InputError("give a file, an http(s) URL or - for standard input")
        from depesche.fetch import fetch

        answer = fetch(name)
        is_html = answer.media_type in ("text/html", "application/xhtml+xml")
        return _Raw(answer.body, is_html, answer.charset, answer.url)
    if name == "-":
        return _Raw(_limited(stdin or sys.stdin.buffer))
    path = Path(name)
    try:
        if path.is_dir():
            raise InputError("it is a directory; give the files in it")
        with path.open("rb") as file:
            return _Raw(_limited(file), path.suffix.lower() in (".html", ".htm", ".xhtml"))
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise InputError(getattr(error, "strerror", None) or str(error)) from None


def _limited(file: BinaryIO) -> bytes:
    """All that is in a file, which may be a device or a pipe that never ends."""
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InputError(f"more than {MAX_BYTES // 1_000_000} MB are not read")
    return data


def _article(name: str, html: str, url: str | None) -> Item:
    if not html.strip():
        raise InputError("it is empty")
    article = page.parse(html, url)
    if article.wall == "consent":
        raise InputError("the page asks for consent instead of showing an article; save it as text")
    if article.wall == "paywall":
        words = len(article.text.split())
        raise InputError(f"only the first {words} words of the article are free; save it as text")
    title = article.title and charset.clean(article.title)
    return Item(name, charset.clean(article.text), title, article.url, article.published)


def _title(text: str) -> str | None:
    """The first sentence, if it is a heading and something follows."""
    start = text[: len(text) - len(text.lstrip()) + _TITLE_WITHIN]
    first, *rest = Document.parse(start).sentences or [None]
    return first.plain if first and rest and first.kind == "heading" else None
