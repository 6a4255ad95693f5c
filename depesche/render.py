"""A brief as people and programs read it: terminal text, plain text, Markdown, HTML, JSON."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, count, islice, pairwise
from typing import TYPE_CHECKING, Any, Literal

from depesche.brief import Brief, Warning
from depesche.safe import is_link, leaves, markdown, one_line, printable
from depesche.templating import environment
from translate import Document, Sentence

if TYPE_CHECKING:
    from jinja2 import Template

Format = Literal["text", "txt", "md", "html", "json"]


def render(briefs: Iterable[Brief], form: Format) -> Iterator[str]:
    """The text of an output, in pieces that come as soon as each brief is there.

    Args:
        briefs: one for each input.
        form: "json" is one object a line (docs/json.md); "html" is one page, "md" and "txt" are
            one text of all; "text" is "txt" with colours, wrapped to the width of the terminal.
    """
    forms = {"text": _terminal, "txt": _plain, "md": _markdown, "html": _page, "json": _json_lines}
    return forms[form](briefs)


# JSON


def record(brief: Brief) -> dict[str, Any]:
    """The JSON object of a brief, as docs/json.md describes it."""
    item, translation = brief.item, brief.translation
    if brief.is_translated:
        title = {"de": item.title, "en": brief.title}
        pairs = zip(translation.source.sentences, translation.target.sentences, strict=True)
        sentences = [{"de": _read(german), "en": _read(english)} for german, english in pairs]
    else:
        title = {"en": brief.title}
        sentences = [{"en": _read(english)} for english in translation.target.sentences]
    lines = [{"text": line.text, "evidence": [*line.evidence]} for line in brief.lines or ()]
    return {
        "id": item.id,
        "title": title,
        "url": item.url,
        "published": item.published.isoformat() if item.published else None,
        **({} if brief.lines is None else {"brief": lines}),
        "sentences": sentences,
        "warnings": [_warning_record(warning) for warning in brief.warnings],
        "recipe": brief.recipe,
    }


def _warning_record(warning: Warning) -> dict[str, Any]:
    places = {"sentence": warning.sentence, "line": warning.line}
    where = {name: index for name, index in places.items() if index is not None}
    return {"kind": warning.kind, **where, "detail": warning.detail}


def _json_lines(briefs: Iterable[Brief]) -> Iterator[str]:
    for brief in briefs:
        yield json.dumps(record(brief), ensure_ascii=False) + "\n"


# What the readable formats share. For people, lines and sentences count from 1.

_BLANK_LINE = re.compile(r"\n[ \t\r>]*\n")
_BULLETS = "-–—*+•·‣◦▪■●"


@dataclass(frozen=True)
class _Block:
    """A paragraph, heading or list item: its sentences, and its bullet or number."""

    kind: str
    marker: str
    sentences: range


def _blocks(document: Document) -> Iterator[_Block]:
    ends = [index + 1 for index, end in enumerate(_block_ends(document)) if end]
    gaps = [document.lead, *(sentence.gap for sentence in document.sentences)]
    for start, end in pairwise([0, *ends]):
        kind = document.sentences[start].kind
        mark = gaps[start].rpartition("\n")[2].strip(" \t>|") if kind == "item" else ""
        yield _Block(kind, "•" if mark and mark in _BULLETS else mark, range(start, end))


def _block_ends(document: Document) -> list[bool]:
    """For each sentence, whether its block ends with it.

    A line's end parts two paragraphs, except in a hard-wrapped text, which is one where lines end
    within sentences at least as often as between them.
    """
    sentences = document.sentences
    within = sum(s.text.count("\n") for s in sentences if s.kind != "verbatim")
    wrapped = within > 0 and within >= sum(s.gap.count("\n") == 1 for s in sentences[:-1])
    ends = [_ends_block(sentence, after, wrapped) for sentence, after in pairwise(sentences)]
    return [*ends, True] if sentences else []


def _ends_block(sentence: Sentence, after: Sentence, wrapped: bool) -> bool:
    return "\n" in sentence.gap and (
        not wrapped
        or sentence.kind != after.kind
        or sentence.kind in ("heading", "verbatim")
        or bool(sentence.gap.strip(" \t\r\n>"))
        or _BLANK_LINE.search(sentence.gap) is not None
    )


def _gaps(document: Document) -> list[str]:
    """What follows each sentence; the line breaks of a hard-wrapped paragraph are spaces."""
    pairs = zip(document.sentences, _block_ends(document), strict=True)
    return [s.gap if end or "\n" not in s.gap else " " for s, end in pairs]


def _read(sentence: Sentence) -> str:
    """A sentence on one line; code keeps its lines."""
    return sentence.text if sentence.kind == "verbatim" else sentence.plain


def _headline(brief: Brief) -> str | None:
    """The English title; None where a translation starts with it anyway."""
    sentences = brief.translation.target.sentences
    starts_with_it = bool(sentences) and sentences[0].text == brief.title
    return None if brief.lines is None and starts_with_it else brief.title


def _date(brief: Brief) -> str | None:
    day = brief.item.published
    return f"{day.day} {day:%B %Y}" if day else None


def _cited(brief: Brief) -> list[int]:
    """The sentences that lines rest on, each once."""
    return list(dict.fromkeys(chain.from_iterable(line.evidence for line in brief.lines or ())))


def _warnings(brief: Brief) -> Iterator[tuple[int | None, str]]:
    """A sentence's index or None, and what is to be said of that sentence, line or text."""
    places: dict[tuple[int | None, int | None], list[str]] = {}
    for warning in brief.warnings:
        said = places.setdefault((warning.line, warning.sentence), [])
        said.append(f"{warning.kind}: {one_line(warning.detail)}")
    for (line, sentence), said in places.items():
        place = ""
        if line is not None:
            place = f"Line {line + 1}, "
        elif sentence is not None:
            place = f"Sentence {sentence + 1}, "
        yield sentence, place + "; ".join(said)


def _made_with(brief: Brief) -> str:
    return "; ".join(f"{name}: {one_line(value)}" for name, value in leaves(brief.recipe))


# Plain text, and the same in a terminal.

_MEASURE = 88  # columns; longer lines are hard to read, however wide the terminal
_HANGING = re.compile(rf"\s*(?:[{_BULLETS}!]|\d+[.)])\s+")

# A text and the style that a terminal gives it.
_Piece = tuple[str, str]


def _plain(briefs: Iterable[Brief]) -> Iterator[str]:
    for index, brief in enumerate(briefs):
        yield "".join(text for text, _ in _pieces(brief, follows=index > 0))


def _terminal(briefs: Iterable[Brief]) -> Iterator[str]:
    from rich.console import Console
    from rich.text import Text

    console = Console(force_terminal=True)
    width = min(console.width, _MEASURE)
    for index, brief in enumerate(briefs):
        rows: list[Text] = []
        for line in Text.assemble(*_pieces(brief, follows=index > 0)).split("\n"):
            mark = _HANGING.match(line.plain)
            indent = " " * (mark.end() if mark else 0)
            first, *rest = line.wrap(console, width - len(indent)) or [line]
            rows += [first, *(Text(indent) + row for row in rest)]
        with console.capture() as capture:
            console.print(Text("\n").join(rows), soft_wrap=True)
        yield capture.get()


def _pieces(brief: Brief, follows: bool) -> Iterator[_Piece]:
    """The sections with a blank line between them; `follows` says that a brief stands before."""
    sections = [section for section in _sections(brief) if section]
    if follows:
        sections = [[], [("* * *\n", "dim")], *sections]
    for index, section in enumerate(sections):
        if index:
            yield "\n", ""
        for text, style in section:
            # Nothing in an article may steer the terminal that shows it.
            yield printable(text), style


def _sections(brief: Brief) -> list[list[_Piece]]:
    head = [(_headline(brief), "bold"), (_date(brief), "dim"), (brief.item.url, "dim")]
    lines: list[_Piece] = []
    for line in brief.lines or ():
        lines.append((f"- {one_line(line.text)}", ""))
        if line.evidence:
            lines.append((f" [{', '.join(str(index + 1) for index in line.evidence)}]", "cyan"))
        lines.append(("\n", ""))
    title = "Translation" if brief.is_translated else "Text"
    if _cited(brief):
        title += ", with the closest passages numbered"
    return [
        [(f"{one_line(text)}\n", style) for text, style in head if text],
        lines,
        [(f"! {said}\n", "yellow") for _, said in _warnings(brief)],
        [] if brief.lines is None else [(f"{title}\n", "bold")],
        _text(brief),
        [(f"({_made_with(brief)})\n", "dim")] if brief.recipe else [],
    ]


def _text(brief: Brief) -> list[_Piece]:
    """The English text in the article's own structure; a sentence spoken of has its number."""
    target = brief.translation.target
    spoken_of = {*_cited(brief), *(warning.sentence for warning in brief.warnings)}
    pieces = [(target.lead.lstrip("\r\n"), "")]
    for index, gap in enumerate(_gaps(brief.translation.source)):
        if index in spoken_of:
            pieces.append((f"[{index + 1}] ", "cyan"))
        pieces.append((_read(target.sentences[index]) + gap, ""))
    last, style = pieces.pop()
    return [*pieces, (last.rstrip() + "\n", style)]


# Markdown, with footnotes as GitHub, Pandoc and most others read them.

_RULE = re.compile(r"([-*_])(?:[ \t]*\1){2,}")
_UNDERLINE = re.compile(r"[ \t]*\r?\n[ \t>]*(?:=+|-+)[ \t]*(?:\r?\n|$)")
_FENCE = re.compile(r"^[ \t]*`{3,}[^`\n]*$", re.MULTILINE)
# Where Markdown would go on with the paragraph: at a line's end, even with "(a)" on the next line.
_LINE_END = re.compile(r"[ \t]*\r?\n[ \t]*(?:\(?\w{1,3}\)[ \t]+)?")
_OTHER_BULLET = re.compile(r"(^|\n)[–—•·‣◦▪■●](?=[ \t]+\Z)")


def _markdown(briefs: Iterable[Brief]) -> Iterator[str]:
    numbers = count(1)
    for index, brief in enumerate(briefs):
        notes = {cited: next(numbers) for cited in _cited(brief)}
        sections = filter(None, _markdown_sections(brief, notes))
        yield printable("\n---\n\n" * (index > 0) + "\n\n".join(sections) + "\n")


def _markdown_sections(brief: Brief, notes: dict[int, int]) -> list[str]:
    """The parts of a brief; `notes` has the footnote number of each sentence cited."""
    headline, url = _headline(brief), brief.item.url or ""
    link = f"<{url}>" if is_link(url) else markdown(url)
    source, target = brief.translation.source.sentences, brief.translation.target.sentences
    lines = [
        f"- {markdown(line.text)}" + "".join(f"[^{notes[index]}]" for index in line.evidence)
        for line in brief.lines or ()
    ]
    footnotes = [
        f"[^{number}]: Closest passage, sentence {index + 1}: {markdown(_read(target[index]))}"
        + (f"\\\n    German: {markdown(_read(source[index]))}" if brief.is_translated else "")
        for index, number in notes.items()
    ]
    warnings = []
    for sentence, said in _warnings(brief):
        passage = "" if sentence is None else f" ({_read(target[sentence])})"
        warnings.append(f"> - ⚠ {markdown(said + passage)}")
    return [
        f"# {markdown(headline)}" if headline else "",
        " · ".join(filter(None, (_date(brief), link))),
        "\n".join(lines),
        "\n".join(warnings),
        "\n\n".join(footnotes),
        "---" if lines or warnings else "",
        _markdown_text(brief.translation.source, brief.translation.target),
        f"---\n\n{markdown(_made_with(brief))}" if brief.recipe else "",
    ]


def _markdown_text(source: Document, target: Document) -> str:
    """The text in the article's own structure, whose markup is in the gaps."""
    gaps = [target.lead, *_gaps(source)]
    pieces: list[str] = []
    fenced = False
    for sentence, (before, after) in zip(target.sentences, pairwise(gaps), strict=True):
        fenced ^= len(_FENCE.findall(before)) % 2 == 1
        title_mark = "# " if not pieces else "## " if "\n" in before else ""
        pieces.append(_markdown_gap(before))
        marked = "#" in before.rpartition("\n")[2] or _UNDERLINE.match(after)
        if sentence.kind == "heading" and not marked:
            pieces.append(title_mark)
        literal = fenced or _RULE.fullmatch(sentence.text)
        pieces.append(sentence.text if literal else markdown(_read(sentence)))
    return "".join([*pieces, gaps[-1]]).strip("\r\n")


def _markdown_gap(gap: str) -> str:
    if _LINE_END.fullmatch(gap):
        gap = gap.replace("\n", "\n\n", 1)
    return _OTHER_BULLET.sub(r"\1-", gap)


# HTML: one page that asks nobody for anything.


def _page(briefs: Iterable[Brief]) -> Iterator[str]:
    briefs = iter(briefs)
    first = list(islice(briefs, 1))
    title = next((brief.title for brief in first if brief.title), "depesche")
    articles = (_article(number, brief) for number, brief in enumerate(chain(first, briefs), 1))
    yield from _template().generate(title=title, articles=articles)


def _article(number: int, brief: Brief) -> dict[str, Any]:
    """What the template shows of a brief; `prefix` tells its anchors from another article's."""
    citing: dict[int, int] = {}  # the first line that rests on a sentence
    for index, line in enumerate(brief.lines or ()):
        for sentence in line.evidence:
            citing.setdefault(sentence, index)
    alerts: dict[int | None, list[Warning]] = {}
    for warning in brief.warnings:
        alerts.setdefault(warning.sentence, []).append(warning)
    return {
        "prefix": "" if number == 1 else f"a{number}-",
        "brief": brief,
        "is_link": is_link(brief.item.url),
        "date": _date(brief),
        "blocks": _blocks(brief.translation.source),
        "gaps": _gaps(brief.translation.source),
        "citing": citing,
        "alerts": alerts,
        "recipe": leaves(brief.recipe),
    }


@cache
def _template() -> "Template":
    made = environment(["depesche"], ["base.css", "page.css"], ["page.js"])
    made.filters["read"] = _read
    return made.get_template("page.html")
