"""How a run would go, found out without writing anything."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from depesche.archive import Archive
from depesche.brief import Failure
from depesche.daily import feed
from depesche.daily.articles import is_url, reason
from depesche.daily.feed import Feed
from depesche.daily.gather import is_feed_file
from depesche.daily.news import Source
from depesche.daily.window import Window
from depesche.fetch import FEED, Fetcher


@dataclass(frozen=True)
class Look:
    """What a source has now, or why it cannot be read."""

    source: str
    reason: str | None = None
    articles: int = 0
    due: int = 0  # of them in the window
    undated: int = 0
    newest: datetime | None = None


def look(sources: Sequence[Source], window: Window) -> list[Look]:
    """Read every source, but none of the pages that feeds link to."""

    async def everywhere() -> list[Look]:
        fetcher = Fetcher()
        return await asyncio.gather(*(_look(source, window, fetcher) for source in sources))

    return asyncio.run(everywhere())


async def _look(source: Source, window: Window, fetcher: Fetcher) -> Look:
    name = source.title or source.address
    try:
        path = None if is_url(source.address) else Path(source.address)
        if path and not is_feed_file(path):
            found = list(_rows(path))
        else:
            read = await _feed(source, path, fetcher, window)
            name = source.title or read.title or name
            found = [entry.published for entry in read.entries]
    except Exception as error:  # whatever is wrong with a source costs that source
        return Look(name, reason(error))
    zone = window.since.tzinfo
    dates = [date if date.tzinfo else date.replace(tzinfo=zone) for date in found if date]
    due = sum(window.since <= date < window.until for date in dates)
    newest = max(dates, default=None)
    return Look(name, None, len(found), due, len(found) - len(dates), newest)


async def _feed(source: Source, path: Path | None, fetcher: Fetcher, window: Window) -> Feed:
    zone = window.since.tzinfo or UTC
    if path:
        return feed.parse(path.read_bytes(), "", None, zone)
    answer = await fetcher.get(source.address, FEED, named=True)
    return feed.parse(answer.body, answer.url, answer.charset, zone)


def _rows(path: Path) -> Iterator[datetime | None]:
    """When each article of a folder or a file of rows was published."""
    for found in Archive(path):
        if not isinstance(found, Failure):
            yield found.published


def unwritable(path: Path) -> str | None:
    """Why a file or folder could not be made or changed here; None where it could."""
    there = path
    while not there.exists():
        there = there.parent
    if there != path and not there.is_dir():
        return f"{there} is no folder"
    return None if os.access(there, os.W_OK) else f"{there} may not be written to"
