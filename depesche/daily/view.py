"""A digest as its templates see it: stories, passages and dates, in the words that people read."""

from collections import Counter
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID, uuid5

from depesche.daily.digest import publisher
from depesche.daily.news import Digest, Entry, Report
from depesche.safe import is_link, one_line

_STORIES = UUID("6f1a2c0e-93f4-5b1d-8f0e-2f7f6d1f5a34")


@dataclass(frozen=True)
class Passage:
    """A sentence that lines rest on; sentences count from 1."""

    number: int
    line: int  # the first that rests on it, from 1
    english: str
    german: str | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """A line of a brief, and the numbers of its closest passages."""

    text: str
    numbers: tuple[int, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Told:
    """A report as others are named beside it: by whom, where and when."""

    publisher: str
    title: str
    link: str | None  # None where it has no address that may be followed
    published: datetime | None


@dataclass(frozen=True)
class Story(Told):
    """An entry of a digest."""

    uuid: UUID  # the same whenever the digest is made
    original: str | None  # the German headline
    category: str | None
    origin: tuple[str, ...]  # author and section
    image: str | None
    lines: tuple[Line, ...]
    passages: tuple[Passage, ...]  # in the order of the article
    notes: tuple[str, ...]  # on the whole article
    elsewhere: tuple[str, ...]  # on sentences that no line rests on
    others: tuple[Told, ...]
    told: date | None
    update: tuple[str, ...]
    excerpt: str | None

    @property
    def anchor(self) -> str:
        """Its id in a page."""
        return f"s{self.uuid.hex[:12]}"


@dataclass(frozen=True)
class Section:
    """The stories of a category; its name is None where no story has one."""

    name: str | None
    anchor: str
    stories: tuple[Story, ...]


def sections(digest: Digest) -> list[Section]:
    """The digest's stories by category, that of the best story first; those without a date last."""
    dated, undated = _stories(digest)
    names = dict.fromkeys(story.category for story in dated)
    unnamed = "Other news" if len(names) > 1 else None
    found = [(n or unnamed, tuple(s for s in dated if s.category == n)) for n in names]
    if undated:
        found.append(("Without a date", tuple(undated)))
    return [Section(name, f"c{at}", stories) for at, (name, stories) in enumerate(found, 1)]


def stories(digest: Digest) -> list[Story]:
    """All stories of a digest, the best first, those without a date last."""
    return [*chain.from_iterable(_stories(digest))]


def _stories(digest: Digest) -> tuple[list[Story], list[Story]]:
    """Those with a date and those without."""
    seen: Counter[str] = Counter()
    made = []
    for entry in (*digest.entries, *digest.undated):
        item = entry.lead.news.item
        name = f"{digest.day} {item.url or item.id}"
        made.append(_story(entry, uuid5(_STORIES, _encodable(name + seen[name] * " again"))))
        seen[name] += 1
    return made[: len(digest.entries)], made[len(digest.entries) :]


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _story(entry: Entry, uuid: UUID) -> Story:
    news, brief = entry.lead.news, entry.lead.brief
    warnings = _Warnings(brief["warnings"])
    passages = _passages(brief, warnings)
    named = brief["title"]["en"] is not None
    return Story(
        **_told(entry.lead),
        uuid=uuid,
        original=news.item.title if named else None,
        category=news.category,
        origin=tuple(filter(None, (news.author, news.section))),
        image=news.image if is_link(news.image) else None,
        lines=_lines(brief, warnings),
        passages=passages,
        notes=warnings.of(None, None),
        elsewhere=warnings.elsewhere({passage.number - 1 for passage in passages}),
        others=tuple(Told(**_told(report)) for report in entry.others),
        told=entry.told,
        update=entry.update,
        excerpt=news.excerpt,
    )


def _lines(brief: dict[str, Any], warnings: "_Warnings") -> tuple[Line, ...]:
    return tuple(
        Line(
            one_line(line["text"]),
            tuple(index + 1 for index in line["evidence"]),
            warnings.of("line", at),
        )
        for at, line in enumerate(brief["brief"])
    )


def _passages(brief: dict[str, Any], warnings: "_Warnings") -> tuple[Passage, ...]:
    citing: dict[int, int] = {}  # the first line that rests on a sentence
    for at, line in enumerate(brief["brief"], 1):
        for index in line["evidence"]:
            citing.setdefault(index, at)
    return tuple(
        Passage(
            index + 1,
            line,
            brief["sentences"][index]["en"],
            brief["sentences"][index].get("de"),
            warnings.of("sentence", index),
        )
        for index, line in sorted(citing.items())
    )


def _told(report: Report) -> dict[str, Any]:
    item = report.news.item
    return {
        "publisher": publisher(report),
        "title": headline(report),
        "link": item.url if is_link(item.url) else None,
        "published": item.published,
    }


def headline(report: Report) -> str:
    """What a report is called, in English if possible."""
    item = report.news.item
    return one_line(report.brief["title"]["en"] or item.title or item.id)


class _Warnings:
    """What is to be said of the lines and sentences of an article."""

    def __init__(self, records: Iterable[dict[str, Any]]) -> None:
        self.said: dict[tuple[str | None, int | None], list[str]] = {}
        for record in records:
            kind = next((name for name in ("line", "sentence") if name in record), None)
            place = kind, record.get(kind or "")
            self.said.setdefault(place, []).append(
                f"{record['kind']}: {one_line(record['detail'])}"
            )

    def of(self, kind: str | None, index: int | None) -> tuple[str, ...]:
        return tuple(self.said.get((kind, index), ()))

    def elsewhere(self, shown: Set[int]) -> tuple[str, ...]:
        """Those of sentences that are not shown."""
        left = [
            (index, said)
            for (kind, index), said in self.said.items()
            if kind == "sentence" and index is not None and index not in shown
        ]
        return tuple(f"Sentence {index + 1}, {'; '.join(said)}" for index, said in sorted(left))


# Dates and times, as English papers write them.


def long_day(day: date) -> str:
    """Sunday, 22 November 2026."""
    return f"{day:%A}, {day.day} {day:%B %Y}"


def short_day(day: date) -> str:
    """22 November 2026."""
    return f"{day.day} {day:%B %Y}"


def clock(moment: datetime, day: date) -> str:
    """06:40; 21 November, 22:15 where that is not of the day."""
    return f"{moment:%H:%M}" if moment.date() == day else _moment(moment)


def covered(digest: Digest) -> str:
    """From when until when, and in which zone."""
    since, until = digest.since, digest.until
    one_day, one_zone = since.date() == until.date(), since.utcoffset() == until.utcoffset()
    start = f"{_moment(since)}{'' if one_zone else f' ({_zone(since)})'}"
    end = f"{until:%H:%M}" if one_day else _moment(until)
    return f"{start} to {end} ({_zone(until)})"


def _moment(moment: datetime) -> str:
    return f"{moment.day} {moment:%B}, {moment:%H:%M}"


def _zone(moment: datetime) -> str:
    minutes = round((moment.utcoffset() or timedelta()).total_seconds() / 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '−'}{hours}" + (f":{rest:02}" if rest else "")


def counts(digest: Digest) -> Iterator[tuple[str, int]]:
    """The sources and how many articles each had, most first."""
    yield from sorted(digest.sources.items(), key=lambda one: (-one[1], one[0]))
