"""The text of a PDF: its lines joined to paragraphs again."""

import io
import logging
import math
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from statistics import median_low
from typing import TYPE_CHECKING, Any

from depesche.brief import InputError

if TYPE_CHECKING:
    from pypdf import PageObject

# pypdf reports every oddity of a file; an application may still listen.
logging.getLogger("pypdf").addHandler(logging.NullHandler())

SECONDS = 60.0  # for a whole file; pypdf takes about 0.1 s for a page
# A hostile page of a few kilobytes takes pypdf minutes and gigabytes under its own limits.
MAX_STREAM = 10_000_000  # bytes of a page's content, unpacked
MAX_OPERATIONS = 1_000_000  # numbers, strings and operators of a page's content

_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "ft", "ﬆ": "st"}
)
_HYPHENATED = re.compile(r"\w[-\u2010\u00ad]$")
_AND = re.compile(r"(und|oder|bzw|beziehungsweise|sowie|bis|als|noch)\b")
_STOPPED = re.compile(r"[.!?:][\"“”»«)]*$")
_BULLET = re.compile(r"[•·‣◦▪■●*]\s")
_NUMBER = re.compile(r"(\(?\d{1,2}[.)]|\(?[a-z]\))\s")  # or a day, "5. April", in mid-sentence


@dataclass
class _Line:
    """A line as it is printed: where it begins, in points from the page's lower left corner."""

    page: int
    x: float
    y: float
    size: float
    text: str


def text(data: bytes) -> str:
    """The text of a PDF, a paragraph a line, without what repeats at the edges of its pages.

    Raises:
        InputError: it is encrypted, broken, scanned or takes too long.
    """
    try:
        lines = list(_body(_lines(data)))
    except InputError:
        raise
    except Exception as error:  # pypdf passes on whatever a broken object causes
        raise InputError(f"the PDF is broken or oversized ({type(error).__name__})") from None
    if not any(character.isalpha() for line in lines for character in line.text):
        raise InputError("the PDF has no text; if it is scanned, recognise its text (OCR) first")
    return "\n\n".join(map(_joined, _blocks(lines))).translate(_LIGATURES)


def _lines(data: bytes) -> list[list[_Line]]:
    """The printed lines of each page."""
    from pypdf import PdfReader, apply_configuration
    from pypdf.errors import DependencyError

    deadline = time.monotonic() + SECONDS
    with apply_configuration(
        array_based_stream_maximum_output_length=MAX_STREAM,
        lzw_maximum_output_length=MAX_STREAM,
        run_length_maximum_output_length=MAX_STREAM,
        zlib_maximum_output_length=MAX_STREAM,
        stream_parsing_work_maximum_count=MAX_OPERATIONS,
    ):
        reader = PdfReader(io.BytesIO(data))
        try:
            if reader.is_encrypted and not reader.decrypt(""):
                raise InputError("the PDF is encrypted; save it without its password first")
        except DependencyError:
            raise InputError("the PDF is encrypted; save it without encryption first") from None
        return [_page_lines(page, number, deadline) for number, page in enumerate(reader.pages)]


def _page_lines(page: "PageObject", number: int, deadline: float) -> list[_Line]:
    lines: list[_Line] = []
    longest = 0
    ended = True

    def add(text: str, cm: list[float], tm: list[float], _font: Any, size: float) -> None:
        # Text comes in pieces; each has the place where it begins, and a line feed ends a line.
        nonlocal longest, ended
        for piece in text.splitlines(keepends=True):
            if ended and not piece.strip():
                continue
            scale = math.hypot(tm[2], tm[3]) * math.hypot(cm[2], cm[3])
            if ended:
                x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
                y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
                lines.append(_Line(number, x, y, size * scale, ""))
                longest = 0
            line = lines[-1]
            line.text += piece
            if len(piece) > longest:  # not an initial or a footnote's number
                longest, line.size = len(piece), size * scale
            ended = piece.endswith("\n")

    def check(*_: Any) -> None:
        if time.monotonic() > deadline:
            raise InputError(f"the PDF takes more than {SECONDS:.0f} s to read")

    check()
    page.extract_text(visitor_text=add, visitor_operand_before=check)
    for line in lines:
        line.text = " ".join(line.text.split())
    return [line for line in lines if line.text and line.size]


def _body(pages: list[list[_Line]]) -> Iterator[_Line]:
    """The lines without running headers, footers and page numbers.

    One of these is at an edge of its page, and at the same height on at least half of the pages
    there is the same text but for its numbers.
    """

    def place(line: _Line) -> tuple[str, int]:
        return re.sub(r"\d+", "#", line.text), round(line.y)

    edges: list[set[int]] = []
    for lines in pages:
        heights = sorted({round(line.y) for line in lines})
        edges.append({*heights[:2], *heights[-2:]})
    times = Counter(chain.from_iterable({place(line) for line in lines} for lines in pages))
    enough = max(2, len(pages) / 2)
    for lines, edge in zip(pages, edges, strict=True):
        for line in lines:
            if round(line.y) not in edge or times[place(line)] < enough:
                yield line


def _blocks(lines: list[_Line]) -> Iterator[list[_Line]]:
    """The lines grouped by what white space, indents and sizes set apart."""
    steps = [
        (before.y - line.y) / line.size
        for before, line in pairwise(lines)
        if before.page == line.page and 0 < before.y - line.y < 3 * line.size
    ]
    leading = median_low(steps) if steps else 1.2  # of the font's size
    block = lines[:1]
    for before, line in pairwise(lines):
        step = (before.y - line.y) / line.size
        stopped = _STOPPED.search(before.text) is not None
        if before.page != line.page or step < -0.5:  # another page or column
            apart = stopped
        else:
            apart = step > 1.25 * leading or (stopped and line.x - before.x > 0.8 * line.size)
        if apart or abs(before.size - line.size) > 0.1 * before.size:
            yield block
            block = []
        block.append(line)
    yield block


def _joined(block: list[_Line]) -> str:
    """The paragraphs of a block, each on one line."""
    width = max(len(line.text) for line in block)
    parts = [block[0].text]
    for before, line in pairwise(block):
        if _HYPHENATED.search(before.text):
            parts += _rest(parts, line.text)
        elif _ends_paragraph(before.text, line.text, width):
            parts += "\n", line.text
        else:
            parts += " ", line.text
    return "".join(parts)


def _rest(parts: list[str], text: str) -> list[str]:
    """What follows a hyphen at a line's end; removes the hyphen from `parts` if it only divides."""
    word = parts[-1]
    if _AND.match(text):  # Nord- und Südseite
        return [" ", text]
    if word[-1] == "\u00ad" or (text[:1].islower() and word[-2:-1].isalpha()):
        parts[-1] = word[:-1]
    else:  # CDU-Fraktion, 20-jährig
        parts[-1] = word[:-1] + "-"
    return [text]


def _ends_paragraph(before: str, line: str, width: int) -> bool:
    """Whether a line begins an item, or its first word would have fitted on the line before."""
    if _BULLET.match(line) or (_NUMBER.match(line) and _STOPPED.search(before)):
        return True
    # Letters differ in width, so that a line may hold a fifth more or less of them.
    return len(before) + 1 + len(line.split(maxsplit=1)[0]) < 0.8 * width
