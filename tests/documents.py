"""Texts as HTML, DOCX and PDF, made as other programs make them."""

import io
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import count
from pathlib import Path

SAMPLES = Path(__file__).parents[1] / "samples"


def paragraphs(name: str) -> list[str]:
    """The paragraphs of a sample, the headline first."""
    return (SAMPLES / name).read_text(encoding="utf-8").strip().split("\n\n")


def html(body: str, head: str = "") -> str:
    """A news page around an article's body."""
    return f"""<!DOCTYPE html>
<html lang="de"><head><meta charset="utf-8"><title>Nachrichten – Weserbote</title>{head}</head>
<body>
<nav><ul><li><a href="/">Startseite</a></li><li><a href="/politik">Politik</a></li></ul></nav>
<div class="cookie-banner"><p>Wir und unsere 214 Partner verwenden Cookies.</p>
<button>Alle akzeptieren</button></div>
<main><article>{body}</article></main>
<aside><h3>Meistgelesen</h3><ul><li><a href="/1">Hafen eins</a></li></ul></aside>
<footer><p>© 2025 Weserbote. Alle Rechte vorbehalten.</p></footer>
</body></html>"""


def article(name: str) -> str:
    """A sample as the body of an article."""
    headline, *rest = paragraphs(name)
    return f"<h1>{escape(headline)}</h1>" + "".join(f"<p>{escape(text)}</p>" for text in rest)


def docx(blocks: Iterable[tuple[str, str]]) -> bytes:
    """A Word file of (style, text) paragraphs."""
    from docx import Document

    document = Document()
    for style, text in blocks:
        document.add_paragraph(text, style)
    return saved(document)


def saved(document: object) -> bytes:
    """What a python-docx document or a pypdf writer writes."""
    file = io.BytesIO()
    (getattr(document, "save", None) or document.write)(file)  # type: ignore[attr-defined]
    return file.getvalue()


@dataclass(frozen=True)
class Printed:
    """A line on a page: where it begins, in points from the lower left corner."""

    x: float
    y: float
    size: float
    text: str


def pdf(pages: Sequence[Sequence[Printed]]) -> bytes:
    """A PDF of printed lines, in Helvetica."""
    contents = ["".join(map(_shown, page)).encode("cp1252") for page in pages]
    return pdf_of(contents)


def pdf_of(contents: Sequence[bytes], resources: bytes = b"", more: Sequence[bytes] = ()) -> bytes:
    """A PDF of content streams; further objects are numbered from 4 on."""
    first = 4 + len(more)
    kids = b" ".join(b"%d 0 R" % (first + 2 * i) for i in range(len(contents)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(contents)),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        *more,
    ]
    for number, content in zip(count(first, 2), contents, strict=False):
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R"
            b"/Resources<</Font<</F 3 0 R>>%s>>>>" % (number + 1, resources)
        )
        objects.append(stream(content))
    return _file(objects)


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """A compressed stream object."""
    packed = zlib.compress(content)
    head = b"<</Filter/FlateDecode/Length %d%s>>stream\n" % (len(packed), entries)
    return head + packed + b"\nendstream"


def typeset(texts: Sequence[str], running: str = "Weserbote – Politik") -> bytes:
    """Paragraphs as a newspaper's program prints them, the first as the headline.

    Lines of about 70 characters, words divided at their ends, a dozen lines a page, a running
    header and page numbers.
    """
    pages: list[list[Printed]] = [[]]
    y = 760.0
    for number, text in enumerate(texts):
        size, width = (18.0, 45) if number == 0 else (10.0, 70)
        for line in _wrapped(text, width):
            if y < 580:
                pages.append([])
                y = 760.0
            pages[-1].append(Printed(72, y, size, line))
            y -= 1.4 * size
        y -= 10
    for number, page in enumerate(pages, 1):
        page.insert(0, Printed(72, 810, 8, running))
        page.append(Printed(280, 30, 8, f"Seite {number} von {len(pages)}"))
    return pdf(pages)


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] = f"{lines[-1]} {word}".strip()
        elif len(word) > 9 and word.isalpha() and word.islower():
            lines[-1] += f" {word[:4]}-"
            lines.append(word[4:])
        else:
            lines.append(word)
    return lines


def _shown(line: Printed) -> str:
    text = line.text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return f"BT /F {line.size} Tf 1 0 0 1 {line.x} {line.y} Tm ({text}) Tj ET\n"


def _file(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.5\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\n" % (len(objects) + 1)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)
