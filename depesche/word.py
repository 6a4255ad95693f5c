"""The text of a Word file (DOCX)."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

from depesche.brief import InputError

if TYPE_CHECKING:
    from docx.document import Document
    from docx.oxml.xmlchemy import BaseOxmlElement

MAX_UNPACKED = 64_000_000  # bytes; the tree of that much XML takes up to 1.4 GB

_NAMESPACE = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PARAGRAPH, _ROW, _CELL, _STYLE, _NUMBERING = (
    _NAMESPACE + name for name in ("p", "tr", "tc", "pStyle", "numPr")
)
_TEXT = _NAMESPACE + "t"
# What else a run shows; a deletion's text has a tag of its own and is no text.
_CHARACTERS = {
    _NAMESPACE + "tab": "\t",
    _NAMESPACE + "br": "\n",
    _NAMESPACE + "cr": "\n",
    _NAMESPACE + "noBreakHyphen": "-",
}
# Text that is elsewhere, too: where a passage was moved from, and the old form of a text box.
_NOT_SHOWN = {
    _NAMESPACE + "moveFrom",
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
}


def text(data: bytes) -> str:
    """The text of a DOCX as Markdown: headings, list items, quotations and table rows are marked.

    Headers, footers, notes and comments are no part of it.

    Raises:
        InputError: it is broken, or unpacks to more than MAX_UNPACKED bytes.
    """
    try:
        return _text(data)
    except InputError:
        raise
    except Exception as error:  # python-docx passes on whatever a broken part causes
        raise InputError(f"the DOCX is broken ({type(error).__name__})") from None


def _text(data: bytes) -> str:
    from docx import Document

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        # zipfile unpacks no more of an entry than the size that it declares.
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > MAX_UNPACKED:
        raise InputError(
            f"the DOCX unpacks to {unpacked / 1e6:,.0f} MB,"
            f" more than {MAX_UNPACKED / 1e6:.0f} MB are not read"
        )
    document = Document(io.BytesIO(data))
    parts: list[str] = []
    previous = ""
    for mark, line in _lines(document.element.body, _style_marks(document)):
        # Items of a list and rows of a table follow each other without a blank line.
        parts.append("\n" if mark == previous and mark in ("- ", "| ") else "\n\n")
        parts.append(mark + line)
        previous = mark
    return "".join(parts[1:])


def _lines(body: "BaseOxmlElement", marks: dict[str, str]) -> Iterator[tuple[str, str]]:
    """(mark, text) of each paragraph and table row that has text, in reading order."""
    for element in body.iter(_PARAGRAPH, _ROW):
        if not _is_shown(element) or next(element.iterancestors(_ROW), None) is not None:
            continue
        if element.tag == _ROW:
            cells = [
                _cell(cell)
                for cell in element.iter(_CELL)
                if next(cell.iterancestors(_ROW)) is element  # not of a table in this one
            ]
            if any(cells):
                yield "| ", " | ".join(cells) + " |"
        elif line := _characters(element).strip():
            mark = _mark(element, marks)
            yield mark, " ".join(line.split()) if mark else line


def _is_shown(element: "BaseOxmlElement") -> bool:
    return next(element.iterancestors(*_NOT_SHOWN), None) is None


def _cell(element: "BaseOxmlElement") -> str:
    lines = (_characters(p) for p in element.iter(_PARAGRAPH) if _is_shown(p))
    return " ".join(" ".join(lines).split()).replace("|", "/")


def _characters(paragraph: "BaseOxmlElement") -> str:
    """What a paragraph shows; a text box in it holds paragraphs of its own."""
    parts: list[str] = []
    pending = [paragraph]
    while pending:
        node = pending.pop()
        if node.tag in _NOT_SHOWN or (node.tag == _PARAGRAPH and node is not paragraph):
            continue
        parts.append((node.text or "") if node.tag == _TEXT else _CHARACTERS.get(node.tag, ""))
        pending.extend(reversed(node))
    return "".join(parts)


def _mark(paragraph: "BaseOxmlElement", marks: dict[str, str]) -> str:
    style = next((s.get(_NAMESPACE + "val") for s in paragraph.iter(_STYLE)), None)
    mark = marks.get(style or "", "")
    return mark or ("- " if next(paragraph.iter(_NUMBERING), None) is not None else "")


def _style_marks(document: "Document") -> dict[str, str]:
    """The Markdown mark of each style that has one, by its id: a style looks as its base does."""
    marks: dict[str, str] = {}
    for style in document.styles:
        name, based_on = style.name or "", style
        for _ in range(10):  # a broken file's styles may be based on each other in a circle
            if mark := _mark_of(name):
                marks[style.style_id] = mark
                break
            based_on = getattr(based_on, "base_style", None)
            name = based_on.name if based_on is not None else ""
    return marks


def _mark_of(style_name: str) -> str:
    """Word keeps the built-in names in English, whatever language it shows."""
    if style_name == "Title":
        return "# "
    if heading := re.fullmatch(r"Heading ([1-6])", style_name):
        return "#" * int(heading[1]) + " "
    if style_name.startswith("List"):
        return "- "
    return "> " if "Quote" in style_name else ""
