"""The blocks of a text (paragraphs, headings, list items, quotations, cells, code) and their lines.

Markdown says by marks what a block is; plain text says it by blank lines and by where lines end. In
a text that was wrapped at a width a line's end means nothing; in any other it ends a paragraph.
What betrays wrapping is a line that goes on in small letters. Such lines show the width, and a line
ends its paragraph where the next word would have fitted on it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import Literal

from translate.capitals import is_capitals
from translate.segment import MONTHS, OPENERS

Kind = Literal["prose", "heading", "item", "quote", "verbatim"]
Spans = Callable[[str], Iterable[tuple[int, int]]]  # where the sentences of a paragraph stand

_MARKS = re.compile(
    r"""
    (?P<quote> (?: [^\S\r\n]* > )*+ ) \s*+
    (?P<mark> (?: \#{1,6} | [-–—*+•·‣◦▪■●] | \(?\d{1,3}\) | \d{1,3}\. | \(?[a-z]\) ) (?!\S) )?
    """,
    re.VERBOSE,
)
_RULE = re.compile(r"[-=_*~+#•·–—|:\s]{3,}")
_DASHES = ("-", "–", "—")
_UNDERLINE = re.compile(r"=+|-+")
_FENCE = re.compile(r"\s*`{3,}([^`]*)")
_CELL = re.compile(r"[^|]+")
_NUMBERED = re.compile(r"[>\s]*(\d{1,3})\.\s+(\S+)")

_PUNCTUATION = "\"'„“”‚‘’»«›‹()[]*_.,;:!?…"
# What a line ends with only where the text goes on.
_OPEN_END = re.compile(
    r"(?:\b(?:als|am|das|dass|dem|den|der|des|die|eine|einem|einen|einer|eines|für|im|in|oder"
    r"|und|vom|von|zum|zur)|\w-|\u00ad)$"
)
# Words whose capital shows that a sentence begins: not those that address the reader.
_OPENERS = OPENERS - {"ihnen", "ihr", "ihre", "ihrem", "ihren", "ihrer", "ihres", "sie"}

_NARROWEST, _WIDEST = 40, 100  # columns that text is wrapped at
_RAGGED = 0.2  # of the width may stay free at the end of a wrapped line
_LONGEST_TITLE = 120  # characters


@dataclass(frozen=True)
class Line:
    """A line without its marks: `text` is what the document holds from `start` on."""

    text: str
    start: int
    role: Literal["text", "item", "heading", "cell", "code", "markup", "blank"]
    width: int = 0  # in characters, with the marks
    depth: int = 0  # of quotation

    @property
    def end(self) -> int:
        """Where the text ends in the document."""
        return self.start + len(self.text)

    @property
    def is_stopped(self) -> bool:
        """Whether a sentence may end with this line."""
        return self.text.rstrip("\"'“”‘’»«›‹)]*_")[-1:] in (".", "!", "?", "…")


@dataclass
class Block:
    """The lines of one paragraph, heading, list item, table cell or piece of code."""

    kind: Kind
    lines: list[Line]
    apart: bool  # from what is before it, by more than a line's end

    def sentences(self, spans: Spans) -> Iterator[tuple[int, int]]:
        """The (start, end) in the document of each sentence that `spans` finds."""
        first = self.lines[0]
        if first.role == "code":
            yield first.start, first.end
            return
        # Marks and line ends become as many spaces, so that positions stay.
        text = first.text + "".join(
            " " * (line.start - before.end) + line.text for before, line in pairwise(self.lines)
        )
        for start, end in spans(text):
            yield first.start + start, first.start + end

    @property
    def is_title(self) -> bool:
        """Whether it looks like a title: short, and without a mark at its end."""
        return (
            self._is_short
            and not self.lines[-1].is_stopped
            and not self.lines[-1].text.endswith((",", ";", ":"))
        )

    @property
    def is_capitals(self) -> bool:
        """Whether it is short and all in capitals."""
        return self._is_short and is_capitals(" ".join(line.text for line in self.lines))

    @property
    def _is_short(self) -> bool:
        return self.lines[-1].end - self.lines[0].start <= _LONGEST_TITLE


def blocks(text: str) -> list[Block]:
    """Divide `text`; before, between and after its blocks are only white space and marks."""
    lines = list(_lines(text))
    width = _wrap_width(lines)
    found: list[Block] = []
    apart = True
    for line in lines:
        if line.role == "blank":
            apart = True
        elif line.role == "markup":
            if not apart and _UNDERLINE.fullmatch(line.text) and found[-1].is_title:
                found[-1].kind = "heading"
            apart = True
        elif not apart and _is_wrapped(found[-1].lines[-1], line, width):
            found[-1].lines.append(line)
        else:
            found.append(Block(_kind(line), [line], apart))
            apart = line.role in ("heading", "cell", "code")
    _find_headings(found)
    return found


def _kind(line: Line) -> Kind:
    if line.role == "code":
        return "verbatim"
    if line.role == "heading":
        return "heading"
    if line.role in ("item", "cell"):
        return "item"
    return "quote" if line.depth else "prose"


def _find_headings(found: list[Block]) -> None:
    """Find the headings that no mark shows: titles above text, and short lines in capitals."""
    has_text = any(block.lines[-1].is_stopped for block in found)
    for block, below in zip_longest(found, found[1:]):
        if block.kind != "prose":
            continue
        is_above_text = below and (
            block is found[0] or below.apart or below.kind != "prose" or below.lines[-1].is_stopped
        )
        is_heading = has_text and is_above_text and block.apart and block.is_title
        if is_heading or block.is_capitals:
            block.kind = "heading"


# Wrapping


def _wrap_width(lines: list[Line]) -> int:
    """The columns at which the text was wrapped; 0 if it was not."""
    unstopped = [
        (before, line)
        for before, line in pairwise(lines)
        if before.role in ("text", "item") and _is_below(before, line) and not before.is_stopped
    ]
    widths = [before.width for before, line in unstopped if _goes_on(before, line)]
    if not widths:  # In a short text every line may begin with a noun; its last one is shorter.
        widths = [
            before.width
            for before, line in unstopped
            if line.is_stopped and line.width < before.width <= _WIDEST and not _opens(line)
        ]
    widths.sort()
    width = widths[-1 - len(widths) // 10] if widths else 0  # but for the longest: they stick out
    return width if width >= _NARROWEST else 0


def _is_wrapped(before: Line, line: Line, width: int) -> bool:
    """Whether the end of the line `before` is no end of a paragraph."""
    if not _is_below(before, line):
        return False
    if not before.is_stopped and _goes_on(before, line):
        return True
    word = line.text.split(maxsplit=1)[0]
    free = width - before.width - 1 - len(word)
    return width > 0 and free < (0 if _opens(line) else _RAGGED * width)


def _is_below(before: Line, line: Line) -> bool:
    return line.role == "text" and before.depth == line.depth


def _goes_on(before: Line, line: Line) -> bool:
    """Whether a sentence that has not ended surely goes on from one line to the next."""
    word = line.text.split(maxsplit=1)[0].strip(_PUNCTUATION)
    is_small = word[:1].islower() and word.replace("-", "").isalpha()
    return is_small or _OPEN_END.search(before.text[-20:]) is not None


def _opens(line: Line) -> bool:
    """Whether `line` begins with a word that has its capital because a sentence begins."""
    word = line.text.split(maxsplit=1)[0].strip(_PUNCTUATION)
    return word.istitle() and word.lower() in _OPENERS


# Lines and their marks


def _lines(text: str) -> Iterator[Line]:
    raw = text.splitlines(keepends=True)
    fences = _fences(raw)
    listed = _listed(raw)
    before: Line | None = None
    position = index = 0
    while index < len(raw):
        last = fences.get(index, index)
        whole = "".join(raw[index : last + 1])
        if last > index:
            yield _code(raw[index:last], position)
        elif whole.lstrip().startswith("|") and not _RULE.fullmatch(whole):
            yield from _cells(whole, position)
        else:
            before = _line(whole, position, before, index in listed)
            yield before
        position += len(whole)
        index = last + 1


def _fences(raw: list[str]) -> dict[int, int]:
    """Where fenced code begins and ends, by line; a fence that is never closed is none."""
    found: dict[int, int] = {}
    opening = None
    for index, line in enumerate(raw):
        if match := _FENCE.fullmatch(line):
            if opening is None:
                opening = index
            elif not match[1].strip():
                found[opening], opening = index, None
    return found


def _listed(raw: list[str]) -> set[int]:
    """The lines that begin with a number of a list, not a date or "1. FC": others count on."""
    numbers = [
        (index, int(match[1]))
        for index, line in enumerate(raw)
        if (match := _NUMBERED.match(line)) and match[2].strip(_PUNCTUATION) not in MONTHS
    ]
    return {
        index
        for (first, number), (second, following) in pairwise(numbers)
        if following == number + 1
        for index in (first, second)
    }


def _code(raw: list[str], position: int) -> Line:
    text = "".join(raw[1:])
    start = position + len(raw[0]) + len(text) - len(text.lstrip())
    return Line(text.strip(), start, "code" if text.strip() else "blank")


def _cells(raw: str, position: int) -> Iterator[Line]:
    for cell in _CELL.finditer(raw):
        if text := cell[0].strip():
            yield Line(text, position + cell.start() + cell[0].index(text), "cell")


def _line(raw: str, position: int, before: Line | None, is_listed: bool) -> Line:
    marks = next(_MARKS.finditer(raw))  # perhaps empty
    content = raw[marks.end("quote") :].strip()
    mark = marks["mark"] or ""
    if not content:
        return Line("", position, "blank")
    if _RULE.fullmatch(content) or content == mark:
        return Line(content, position, "markup")
    is_ordinal = mark.endswith(".") and not is_listed
    # A sentence with a dash – like this – may have been wrapped before it.
    is_dash = mark in _DASHES and content[1:].lstrip()[0].islower() and _is_open(before)
    if is_ordinal or is_dash:
        mark = ""
    begin = marks.end() if mark else marks.end("quote")
    text = raw[begin:].strip()
    start = position + raw.index(text, begin)
    width, depth = len(raw.rstrip()), marks["quote"].count(">")
    if mark.startswith("#"):
        return Line(text.rstrip("#").rstrip() or text, start, "heading", width, depth)
    return Line(text, start, "item" if mark else "text", width, depth)


def _is_open(line: Line | None) -> bool:
    """Whether a sentence may have been wrapped at the end of `line`."""
    return (
        line is not None
        and line.role == "text"
        and line.width >= _NARROWEST
        and not line.is_stopped
        and not line.text.endswith(":")
    )
