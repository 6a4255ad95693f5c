"""How a run would go, found out without writing anything."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from depesche.brief import Failure, InputError, OutputError
from depesche.daily import feed, pages
from depesche.daily.articles import reason
from depesche.daily.feed import Feed
from depesche.daily.gather import is_feed_file, rows
from depesche.daily.links import is_url
from depesche.daily.news import Source
from depesche.daily.run import Order, require_kept
from depesche.daily.state import State
from depesche.daily.window import Window
from depesche.fetch import FEED, Fetcher
from depesche.output import require_writable
from seq2seq.errors import ModelError
from seq2seq.hub import REPO, find, is_directory


@dataclass(frozen=True)
class Finding:
    """What was found, in a line; `bad` if something would be missing, `fatal` if everything."""

    text: str
    bad: bool = False
    fatal: bool = False


def findings(order: Order, models: Iterable[str], offline: bool) -> Iterator[Finding]:
    """Look at all that a run needs, but at none of the pages that feeds link to.

    Args:
        order: of the run.
        models: the names of those it would use.
        offline: whether it would download none.
    """
    window = order.window
    zone = f"{window.since.tzinfo}"
    yield Finding(f"{window.day}: {window.since:%d %b %H:%M} to {window.until:%d %b %H:%M}, {zone}")
    yield from asyncio.run(_sources(order))
    for name in models:
        yield _model(name, offline)
    for part in (_output, _state, _templates):
        try:
            yield Finding(part(order))
        except (InputError, OutputError) as error:
            yield Finding(str(error), bad=True, fatal=True)


async def _sources(order: Order) -> list[Finding]:
    fetcher = Fetcher()
    looks = await asyncio.gather(*(_look(s, order.window, fetcher) for s in order.sources))
    is_dead = all(look.fatal for look in looks)
    return [replace(look, fatal=is_dead) for look in looks]


def _model(name: str, offline: bool) -> Finding:
    if name == "extract":
        return Finding("extract: needs no model")
    try:
        return Finding(f"{name}: here, revision {find(name, offline=True).revision[:12]}")
    except ModelError as error:
        is_on_hub = not is_directory(name) and REPO.fullmatch(name.partition("@")[0])
        if is_on_hub and not offline:
            return Finding(f"{name}: not here yet; the first run downloads it")
        return Finding(str(error), bad=True, fatal=True)


def _output(order: Order) -> str:
    require_writable(order.output)
    page = order.output / f"{order.window.day}.html"
    return f"{page}: {'there, and would be made again' if page.exists() else 'would be written'}"


def _state(order: Order) -> str:
    require_writable(order.state)
    if not order.state.exists():
        return f"{order.state}: would be written"
    with State(order.state) as state:
        require_kept(order, state)
        days = len(state.summaries(order.name))
        return f"{order.state}: has {days:,} {'day' if days == 1 else 'days'} of this folder"


def _templates(order: Order) -> str:
    if not order.template:
        return "templates: those of depesche"
    pages.check(order.template)
    return f"{order.template}: its templates can be used"


async def _look(source: Source, window: Window, fetcher: Fetcher) -> Finding:
    name = source.title or source.address
    unread = 0
    try:
        path = None if is_url(source.address) else Path(source.address)
        if path and not is_feed_file(path):
            there = list(_rows(path))
            found = [date for date in there if not isinstance(date, Failure)]
            unread = len(there) - len(found)
        else:
            read = await _feed(source, path, fetcher, window)
            name = source.title or read.title or name
            found = [entry.published for entry in read.entries]
    except Exception as error:  # whatever is wrong with a source costs that source
        said = reason(error).removeprefix(f"{name}: ")
        return Finding(f"{name}: {said}", bad=True, fatal=True)
    zone = window.since.tzinfo
    dates = [date if date.tzinfo else date.replace(tzinfo=zone) for date in found if date]
    due = sum(window.since <= date < window.until for date in dates)
    articles = "article" if len(found) == 1 else "articles"
    said = f"{name}: {len(found):,} {articles}, {due:,} of this time"
    if dates:
        said += f", the newest of {max(dates).astimezone(zone):%d %b %Y %H:%M}"
    if len(dates) < len(found):
        said += f", {len(found) - len(dates):,} without a date"
    if unread:
        said += f", and {unread:,} that cannot be read"
    return Finding(said, bad=unread > 0)


async def _feed(source: Source, path: Path | None, fetcher: Fetcher, window: Window) -> Feed:
    zone = window.since.tzinfo or UTC
    if path:
        return feed.parse(path.read_bytes(), "", None, zone)
    answer = await fetcher.get(source.address, FEED, named=True)
    return feed.parse(answer.body, answer.url, answer.charset, zone)


def _rows(path: Path) -> Iterator[datetime | Failure | None]:
    """When each article of a folder or a file of rows was published, or that it cannot be read."""
    return (found if isinstance(found, Failure) else found.published for found in rows(path))
