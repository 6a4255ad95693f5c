"""A day's reports become a digest: one entry a story, the best first, and nothing told twice."""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from itertools import groupby
from typing import Any

from depesche.brief import Item
from depesche.daily.news import Digest, Entry, Miss, News, Repeat, Report
from depesche.stories import Story, additions, group

ENOUGH = 80  # words of an article that tells a story; a flash has fewer
# What a story gains by twice as many publishers, and loses by each place further down in the
# reader's categories, as if it were so much newer or older.
TWICE_AS_MANY = timedelta(hours=24)
NEXT_CATEGORY = timedelta(hours=2)
_UNDATED = datetime(1970, 1, 1, tzinfo=UTC)


def compose(
    frame: Digest,
    reports: Iterable[Report],
    earlier: Iterable[Digest],
    categories: Sequence[str] = (),
    most: int | None = None,
) -> Digest:
    """The digest of a day; it does not depend on the order of the reports.

    A report that an earlier digest has, word for word, is left out. A story that an earlier one
    tells comes again where another report of it has a name or a number that is new.

    Args:
        frame: the digest without its stories.
        reports: of what was published in its window, or nobody says when.
        earlier: digests; those of the same day or of later ones do not count.
        categories: the reader's, the most important first.
        most: entries at most, undated ones last; what is beyond is counted.
    """
    past = sorted((digest for digest in earlier if digest.day < frame.day), key=lambda d: d.day)
    told = _told(past)
    unique = {key(report): report for report in sorted(reports, key=_place)}
    repeats = [_repeat(report, told[name]) for name, report in unique.items() if name in told]
    fresh = [report for name, report in unique.items() if name not in told]
    entries = []
    for new, old, day in _stories(fresh, past):
        entry = _entry(new, old, day)
        if entry:
            entries.append(entry)
        elif day:
            repeats += [_repeat(report, day) for report in new]
    entries.sort(key=lambda entry: _rank(entry, categories))
    shown = entries[:most]
    return replace(
        frame,
        entries=tuple(entry for entry in shown if _is_dated(entry.lead)),
        undated=tuple(entry for entry in shown if not _is_dated(entry.lead)),
        repeats=tuple(sorted(repeats, key=lambda repeat: (repeat.title, repeat.key))),
        omitted=len(entries) - len(shown),
    )


def to_json(digest: Digest) -> dict[str, Any]:
    """The same as plain JSON, as docs/daily.md describes it."""
    return {
        "day": digest.day.isoformat(),
        "since": digest.since.isoformat(),
        "until": digest.until.isoformat(),
        "entries": [_entry_record(entry) for entry in digest.entries],
        "undated": [_entry_record(entry) for entry in digest.undated],
        "sources": digest.sources,
        "misses": [asdict(miss) for miss in digest.misses],
        "repeats": [asdict(one) | {"told": one.told.isoformat()} for one in digest.repeats],
        "omitted": digest.omitted,
        "recipe": digest.recipe,
    }


def from_json(record: dict[str, Any]) -> Digest:
    """The digest that `to_json` wrote; the zone of its times is what they differ from UTC."""
    return Digest(
        day=date.fromisoformat(record["day"]),
        since=datetime.fromisoformat(record["since"]),
        until=datetime.fromisoformat(record["until"]),
        entries=tuple(map(_entry_of, record["entries"])),
        undated=tuple(map(_entry_of, record["undated"])),
        sources=record["sources"],
        misses=tuple(Miss(**miss) for miss in record["misses"]),
        repeats=tuple(
            Repeat(**one | {"told": date.fromisoformat(one["told"])}) for one in record["repeats"]
        ),
        omitted=record["omitted"],
        recipe=record["recipe"],
    )


def key(report: Report) -> str:
    """What tells an article, as it now reads, from others."""
    item = report.news.item
    german = [sentence["de"] for sentence in report.brief["sentences"]]
    said = json.dumps([item.url or item.id, item.title, german])
    return blake2b(said.encode(), digest_size=12).hexdigest()


def publisher(report: Report) -> str:
    """Who reports it, as far as is known."""
    return report.news.publisher or report.news.source


def _told(past: Iterable[Digest]) -> dict[str, date]:
    """The articles of digests, and which of these told of them last."""
    told: dict[str, date] = {}
    for digest in past:
        told |= {repeat.key: repeat.told for repeat in digest.repeats}
        told |= {key(report): digest.day for report in _reports(digest)}
    return told


def _reports(digest: Digest) -> Iterator[Report]:
    for entry in (*digest.entries, *digest.undated):
        yield entry.lead
        yield from entry.others


def _stories(
    fresh: Sequence[Report], past: Sequence[Digest]
) -> Iterator[tuple[list[Report], list[Story], date | None]]:
    """New reports of each story, what earlier digests had of it, and the day of the last of these.

    Undated reports are apart from dated ones, also where they tell the same story.
    """
    old = [(report, digest.day) for digest in past for report in _reports(digest)]
    everything = [*fresh, *(report for report, _ in old)]
    for members in group([_story(report) for report in everything]):
        new = [fresh[index] for index in members if index < len(fresh)]
        before = [old[index - len(fresh)] for index in members if index >= len(fresh)]
        day = max((day for _, day in before), default=None)
        for _, reports in groupby(new, key=_is_dated):  # they are sorted so
            yield list(reports), [_story(report) for report, _ in before], day


def _entry(reports: Sequence[Report], earlier: Sequence[Story], told: date | None) -> Entry | None:
    """The entry of a story; None where nothing is new in it. What says most that is new leads."""
    found = [(report, additions(_story(report), earlier) if told else []) for report in reports]
    if told and not any(new for _, new in found):
        return None
    found.sort(key=lambda one: (-len(one[1]), *_suitability(one[0])))
    (lead, _), *others = found
    update = dict.fromkeys(fact for _, new in found for fact in new)
    return Entry(lead, tuple(sorted((r for r, _ in others), key=_place)), told, tuple(update))


def _story(report: Report) -> Story:
    brief = report.brief
    text = "\n\n".join(sentence["en"] for sentence in brief["sentences"])
    return Story(brief["title"]["en"] or "", text, report.news.item.published)


def _suitability(report: Report) -> tuple[object, ...]:
    """Sorts reports of one story: an article before a teaser, before a flash; then the earliest."""
    words = sum(len(sentence["en"].split()) for sentence in report.brief["sentences"])
    return (report.news.excerpt is not None, words < ENOUGH, *_place(report))


def _rank(entry: Entry, categories: Sequence[str]) -> tuple[object, ...]:
    """Sorts entries, the best first and the undated ones last."""
    reports = (entry.lead, *entry.others)
    publishers = len({publisher(report) for report in reports})
    newest = max(report.news.item.published or _UNDATED for report in reports)
    own = {report.news.category for report in reports}
    place = next((at for at, name in enumerate(categories) if name in own), len(categories))
    merit = newest + TWICE_AS_MANY * math.log2(publishers) - NEXT_CATEGORY * place
    return (not _is_dated(entry.lead), -merit.timestamp(), *_place(entry.lead))


def _place(report: Report) -> tuple[object, ...]:
    """Sorts reports, the earliest first and the undated ones last."""
    published = report.news.item.published
    return (published is None, published or _UNDATED, publisher(report), report.news.item.id)


def _is_dated(report: Report) -> bool:
    return report.news.item.published is not None


def _repeat(report: Report, told: date) -> Repeat:
    item = report.news.item
    title = report.brief["title"]["en"] or item.title or item.id
    return Repeat(key(report), title, item.url, told)


# JSON

_OF_NEWS = ("source", "category", "publisher", "author", "section", "image", "excerpt")


def _entry_record(entry: Entry) -> dict[str, Any]:
    return {
        "lead": _report_record(entry.lead),
        "others": [_report_record(report) for report in entry.others],
        "told": entry.told and entry.told.isoformat(),
        "update": [*entry.update],
    }


def _entry_of(record: dict[str, Any]) -> Entry:
    return Entry(
        _report_of(record["lead"]),
        tuple(map(_report_of, record["others"])),
        record["told"] and date.fromisoformat(record["told"]),
        tuple(record["update"]),
    )


def _report_record(report: Report) -> dict[str, Any]:
    published = report.news.item.published
    return {
        **{name: getattr(report.news, name) for name in _OF_NEWS},
        "published": published and published.isoformat(),
        "brief": report.brief,
    }


def _report_of(record: dict[str, Any]) -> Report:
    brief, published = record["brief"], record["published"]
    moment = published and datetime.fromisoformat(published)
    item = Item(brief["id"], "", brief["title"]["de"], brief["url"], moment)
    return Report(News(item, **{name: record[name] for name in _OF_NEWS}), brief)
