"""One day's run: sources are gathered, what is new is briefed, and a digest is made of all.

What a run has done is in the state before anything is built on it, so after a break of any kind
the next run goes on from there. Pages are made of what a digest's JSON says and of nothing else: so
a later run, which has no more than that, writes the same.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from depesche.brief import Brief, Failure, InputError, Item, OutputError
from depesche.daily import pages
from depesche.daily.digest import compose, from_json, to_json
from depesche.daily.gather import Gathered, gather
from depesche.daily.links import is_url
from depesche.daily.news import Digest, Miss, News, Report, Source
from depesche.daily.pages import FEED_DAYS, Day
from depesche.daily.state import KEPT, State
from depesche.daily.window import Window
from depesche.output import write_all
from depesche.pipeline import Pipeline
from depesche.render import record
from depesche.stories import WINDOW
from seq2seq.errors import ModelError

TOGETHER = 32  # articles that go to the models at a time: a crash costs no more


@dataclass(frozen=True)
class Order:
    """What a reader asks for: the digest of a day, of these sources, in this folder."""

    window: Window
    sources: tuple[Source, ...]
    output: Path
    state: Path
    categories: tuple[str, ...] = ()  # the most important first; else in the order of the sources
    most: int | None = None  # entries
    allow_private: bool = False
    title: str | None = None  # of the digests
    template: Path | None = None
    email: bool = False

    @property
    def name(self) -> str:
        """By which the state tells the output's digests from others: it moves with both."""
        try:
            return Path(os.path.relpath(self.output, self.state.parent)).as_posix()
        except ValueError:  # on another drive
            return self.output.as_posix()


def run(
    order: Order,
    pipeline: Pipeline,
    fetched: Callable[[int, int], None] | None = None,
    translated: Callable[[int], None] | None = None,
) -> Digest:
    """Make the digest of a day and write it, the index of all days, and their feed.

    One that is made again covers at least what it did; where it would say the same it stays as it
    was, with the window it had.

    Args:
        order: which digest.
        pipeline: briefs the articles that the state has no brief of.
        fetched: called with the number of feeds and pages that are done, and of all so far.
        translated: called with the number of sentences just translated.

    Raises:
        InputError: no source could be read, or what feeds had in this time is forgotten.
        OutputError: the state or the folder cannot be written; the folder is as it was.
        ModelError: the models do not run.
    """
    if order.output.exists() and not order.output.is_dir():
        raise OutputError(f"cannot write to {order.output}: it is no folder")
    with State(order.state) as state:
        old = state.digest(order.name, order.window.day)
        before = from_json(old) if old else None
        order = replace(order, window=_grown(order.window, before))
        require_kept(order, state)
        new = to_json(_digest(order, pipeline, state, before, fetched, translated))
        is_same = old and old == new | {name: old[name] for name in ("since", "until")}
        digest = before if before and is_same else from_json(new)
        state.forget()
        write_all(order.output, _files(digest, order, state))
        if digest is not before:  # only now: what nobody could read was not told
            state.keep_digest(order.name, digest.day, new, _summary(digest))
    return digest


def require_kept(order: Order, state: State) -> None:
    """See that no article of the window is forgotten, or the day would be told with less.

    Raises:
        InputError: there are such.
    """
    latest = state.forgotten()
    has_feeds = any(is_url(source.address) for source in order.sources)
    if latest and has_feeds and order.window.since <= latest:
        raise InputError(
            f"what feeds had until {latest:%Y-%m-%d} is forgotten (it is kept for {KEPT.days} "
            "days): choose a later --date or a shorter --since"
        )


def _digest(
    order: Order,
    pipeline: Pipeline,
    state: State,
    before: Digest | None,
    fetched: Callable[[int, int], None] | None,
    translated: Callable[[int], None] | None,
) -> Digest:
    """The digest of the day as things are now; `before` is what it was."""
    window = order.window
    gathered = gather(
        order.sources,
        state,
        window.since,
        window.until,
        allow_private=order.allow_private,
        progress=fetched,
    )
    _require_any(order, gathered)
    news, undated = _of_day(gathered.news, window, before)
    reports, failed = _briefed(news, pipeline, state, translated)
    frame = Digest(
        window.day,
        window.since,
        window.until,
        entries=(),
        sources=_counts(order.sources, [*news, *(report.news for report in undated)]),
        misses=(*gathered.misses, *failed),
        recipe=pipeline.recipe,
    )
    categories = order.categories or [s.category for s in order.sources if s.category]
    local = [_local(report, window) for report in reports]
    return compose(frame, [*local, *undated], _earlier(order, state), categories, order.most)


def _grown(window: Window, before: Digest | None) -> Window:
    """The window, with the start that the day's digest had if that was earlier."""
    if not before:
        return window
    since = before.since.astimezone(window.since.tzinfo)
    return replace(window, since=min(since, window.since))


def _require_any(order: Order, gathered: Gathered) -> None:
    if len(gathered.dead) == len(order.sources):
        first = gathered.dead[0]
        raise InputError(f"no source could be read; {first.source}: {first.reason}")


def _of_day(
    news: Sequence[News], window: Window, before: Digest | None
) -> tuple[Sequence[News], list[Report]]:
    """The news of the day and, of a past one that has a digest, the undated reports it had.

    What says no date and is there now was not there then.
    """
    if not before or not window.is_over:
        return news, []
    had = [report for entry in before.undated for report in (entry.lead, *entry.others)]
    return [one for one in news if one.item.published], had


def _counts(sources: Sequence[Source], news: Sequence[News]) -> dict[str, int]:
    """How many articles each source has; one that has none is there if its title is known."""
    counts = Counter(one.source for one in news)
    return {source.title: 0 for source in sources if source.title} | dict(counts)


def _briefed(
    news: Sequence[News],
    pipeline: Pipeline,
    state: State,
    progress: Callable[[int], None] | None,
) -> tuple[list[Report], list[Miss]]:
    """A report of each article, from the state or new, or what it is missing for."""
    recipe = pipeline.recipe
    briefs = {one.item: state.brief(one.item, recipe) for one in news}
    missing = [item for item, brief in briefs.items() if brief is None]
    reasons: dict[Item, str] = {}
    for start in range(0, len(missing), TOGETHER):
        for made in _made(missing[start : start + TOGETHER], pipeline, progress):
            if isinstance(made, Failure):
                reasons[made.item] = made.reason
            else:
                briefs[made.item] = record(made)
                state.keep_brief(made.item, recipe, record(made))
    reports = [Report(one, brief) for one in news if (brief := briefs[one.item])]
    failed = [
        Miss(one.source, reasons[one.item], one.item.title, one.item.url)
        for one in news
        if one.item in reasons
    ]
    return reports, failed


def _made(
    items: Sequence[Item], pipeline: Pipeline, progress: Callable[[int], None] | None
) -> Iterator[Brief | Failure]:
    """A brief or a failure of each item; one that breaks the models takes no other with it."""
    try:
        yield from list(pipeline.briefs(items, progress))
    except ModelError:
        raise
    except Exception as error:
        if len(items) == 1:
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            yield Failure(items[0], reason)
            return
        for item in items:
            yield from _made([item], pipeline, progress)


def _local(report: Report, window: Window) -> Report:
    """The report as a digest has it: its time in the reader's zone, its text in the brief alone."""
    item = report.news.item
    published = item.published and item.published.astimezone(window.since.tzinfo)
    return replace(
        report, news=replace(report.news, item=replace(item, text="", published=published))
    )


def _earlier(order: Order, state: State) -> Iterator[Digest]:
    """The digests that may have told a story before: the last one, and those of some days.

    One day more than stories last, because a digest may have news of the day before.
    """
    first = order.window.day - WINDOW - timedelta(days=1)
    for index, (day, digest) in enumerate(state.digests(order.name, before=order.window.day)):
        if index and day < first:
            return
        yield from_json(digest)


def _files(digest: Digest, order: Order, state: State) -> dict[str, bytes]:
    """What a run writes, under its names: the day first, then what leads to it."""
    text = json.dumps(to_json(digest), ensure_ascii=False, indent=1) + "\n"
    found = {f"{digest.day}.json": text.encode("utf-8", "backslashreplace")}
    if order.email:
        found[f"{digest.day}.eml"] = pages.mail(digest, order.title, order.template)
    days = map(_day, state.summaries(order.name))
    latest = (from_json(one) for _, one in islice(state.digests(order.name), FEED_DAYS))
    return found | pages.files(digest, days, latest, order.title, order.template)


def _summary(digest: Digest) -> dict[str, Any]:
    return asdict(Day.of(digest)) | {"day": digest.day.isoformat()}


def _day(summary: dict[str, Any]) -> Day:
    return Day(**summary | {"day": date.fromisoformat(summary["day"])})
