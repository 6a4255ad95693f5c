"""The news of a day: what the sources have, each article once, and what could not be had."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from hashlib import blake2b
from heapq import nsmallest
from pathlib import Path
from typing import TypeVar

from depesche.archive import Archive
from depesche.brief import Failure, InputError, Item
from depesche.daily import feed
from depesche.daily.articles import Articles, line, reason, version
from depesche.daily.config import require_there
from depesche.daily.feed import Entry, Feed
from depesche.daily.links import identity, is_url, site
from depesche.daily.news import Miss, News, Source
from depesche.daily.state import Kept, State
from depesche.fetch import FEED, MAX_BYTES, Download, Fetcher

S = TypeVar("S")
T = TypeVar("T")

MAX_ARTICLES = 200  # of a source that has no limit of its own, so that a hostile one has an end
MAX_FAILURES = 20  # of an archive that are told one by one


@dataclass(frozen=True)
class Gathered:
    """Articles ready to be briefed, in the order of their sources, and what is missing.

    `dead` are those of the misses for which a source has nothing at all.
    """

    news: tuple[News, ...]
    misses: tuple[Miss, ...]
    dead: tuple[Miss, ...] = ()


def gather(
    sources: Sequence[Source],
    state: State,
    since: datetime,
    until: datetime,
    *,
    allow_private: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Gathered:
    """Read all sources and get the articles that were published from `since` until before `until`.

    Those of a source come newest first; undated ones come last, as long as their source has them.
    What an earlier run got is not fetched again unless its feed says that it has changed, and is
    there even if its feed has dropped it since. What several sources have is the first one's.

    Args:
        sources: feeds (URLs or files), folders of articles and files of rows.
        state: what earlier runs have kept; every article is kept as soon as it is there.
        since: with the reader's time zone, in which dates of pages and files are that have none.
        until: with a time zone, too.
        allow_private: whether links of feeds may lead to this machine and its network.
        progress: called with the number of sources and articles that are done, and of all so far.

    Raises:
        OutputError: the state cannot be read or written.
    """
    with ThreadPoolExecutor(1) as reader:
        fetcher = Fetcher(allow_private=allow_private)
        return asyncio.run(_Day(state, since, until, fetcher, reader, progress).gather(sources))


@dataclass(frozen=True)
class _Wanted:
    """An article that a source has, known by `key` and, if it has one, by its `alias`.

    `entry` is what its feed says of it, None where the feed does not have it any more. What comes
    from a folder or a file of rows is `news` already.
    """

    key: str
    source: Source
    published: datetime | None
    alias: str | None = None
    entry: Entry | None = None
    news: News | None = None


@dataclass(frozen=True)
class _Found:
    """What a source has for the day, and what it lacks."""

    wanted: list[_Wanted]
    misses: list[Miss]

    @property
    def dead(self) -> Miss | None:
        """Why it could not be read, if no earlier run has left anything of it."""
        return None if self.wanted else next((m for m in self.misses if m.is_whole), None)


class _Day:
    """One run of `gather`."""

    def __init__(
        self,
        state: State,
        since: datetime,
        until: datetime,
        fetcher: Fetcher,
        reader: ThreadPoolExecutor,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self._state = state
        self._since = since
        self._until = until
        self._zone: tzinfo = since.tzinfo or UTC
        self._fetcher = fetcher
        self._articles = Articles(fetcher, reader, self._zone)
        self._reader = reader
        self._progress = progress
        self._done = self._all = 0

    async def gather(self, sources: Sequence[Source]) -> Gathered:
        """Everything from all sources at once, and in order."""
        found = await self._every(self._source, sources)
        misses = [miss for of_source in found for miss in of_source.misses]
        is_first = _firsts()
        wanted = [w for f in found for w in f.wanted if is_first(w.key, w.alias)]
        articles = await self._every(self._article, wanted)
        is_first = _firsts()
        news = []
        for one, article in zip(wanted, articles, strict=True):
            item = article.item
            if not item.text:
                misses.append(
                    Miss(article.source, article.excerpt or "no text in it", item.title, item.url)
                )
            elif self._is_due(item.published) and is_first(*_likeness(one.key, article)):
                news.append(article)
        dead = tuple(of_source.dead for of_source in found if of_source.dead)
        return Gathered(tuple(news), tuple(misses), dead)

    async def _every(self, get: Callable[[S], Awaitable[T]], these: Sequence[S]) -> list[T]:
        """What `get` gives for each, in order, and counted as it comes."""

        async def counted(one: S) -> T:
            result = await get(one)
            self._done += 1
            if self._progress:
                self._progress(self._done, self._all)
            return result

        self._all += len(these)
        return await asyncio.gather(*map(counted, these))

    def _is_due(self, published: datetime | None) -> bool:
        return published is None or self._since <= published < self._until

    # Sources

    async def _source(self, source: Source) -> _Found:
        path = None if is_url(source.address) else Path(source.address)
        if path and not is_feed_file(path):
            source = replace(source, title=source.title or path.name)
            misses: list[Miss] = []
            wanted = await self._read(lambda: _newest(self._rows(source, path, misses), source))
        else:
            found, misses = await self._feed(source, path)
            source = replace(source, title=source.title or line(found.title))
            misses = [replace(miss, source=source.name) for miss in misses]
            wanted = _newest(self._entries(source, found.entries), source)
        if source.limit is None and len(wanted) > MAX_ARTICLES:
            told = f"only its newest {MAX_ARTICLES} articles were taken; set a limit to get more"
            misses.append(Miss(source.name, told))
        return _Found(wanted[: _limit(source)], misses)

    async def _feed(self, source: Source, path: Path | None) -> tuple[Feed, list[Miss]]:
        """A feed as it is now, else as it was when it was read last, and what it lacks."""
        known = None if path else self._state.feed(source.address)
        try:
            if path:
                answer = await self._read(lambda: _file(path))
            else:
                answer = await self._fetcher.get(source.address, FEED, known=known, named=True)
            found = await self._read(lambda: self._parsed(answer))
        except Exception as error:  # whatever is wrong with a feed costs that feed
            earlier = await self._read(lambda: self._remembered(known))
            return earlier, [Miss(source.name, reason(error))]
        if not path and answer is not known:
            self._state.keep_feed(source.address, answer)
        told = f"its last {found.omitted:,} articles were not read: it has too many"
        return found, [Miss(source.name, told)] if found.omitted else []

    def _parsed(self, answer: Download) -> Feed:
        return feed.parse(answer.body, answer.url, answer.charset, self._zone)

    def _remembered(self, known: Download | None) -> Feed:
        try:
            return self._parsed(known) if known else Feed(None, ())
        except InputError:  # an earlier version has read it otherwise
            return Feed(None, ())

    def _entries(self, source: Source, entries: Sequence[Entry]) -> Iterator[_Wanted]:
        """The articles that a feed has for the day, and those that an earlier run found there."""
        keys = set()
        for entry in entries:
            keys.add(key := _key(entry, source))
            if self._is_due(entry.published):
                yield _Wanted(key, source, entry.published, _alias(entry), entry)
        self._state.meet(keys)
        earlier = self._state.articles(source.address, self._since, self._until)
        for key, kept in earlier.items():
            if key not in keys:
                yield _Wanted(key, source, kept.news.item.published)

    def _rows(self, source: Source, path: Path, misses: list[Miss]) -> Iterator[_Wanted]:
        """The articles of a folder or a file of rows; those that cannot be read become misses."""
        failed = 0
        try:
            for found in rows(path):
                if isinstance(found, Failure):
                    failed += 1
                    if failed <= MAX_FAILURES:
                        misses.append(Miss(source.name, found.reason, found.item.id))
                    continue
                published = found.published
                if published and not published.tzinfo:
                    published = published.replace(tzinfo=self._zone)
                if self._is_due(published):
                    name = f"{source.name}/{found.id}"
                    item = replace(found, id=name, published=published)
                    key = identity(item.url) if item.url else name
                    yield _Wanted(key, source, published, news=News(item, source.name))
        except InputError as error:
            misses.append(Miss(source.name, str(error).removeprefix(f"{source.name}: ")))
        if failed > MAX_FAILURES:
            told = f"{failed - MAX_FAILURES:,} more of its articles cannot be read"
            misses.append(Miss(source.name, told))

    async def _read(self, read: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._reader, read)

    # Articles

    async def _article(self, wanted: _Wanted) -> News:
        """The article, from the state if it is there as its feed now has it."""
        news = wanted.news or (await self._kept(wanted)).news
        return replace(news, source=wanted.source.name, category=wanted.source.category)

    async def _kept(self, wanted: _Wanted) -> Kept:
        kept = self._state.article(wanted.key)
        entry = wanted.entry or Entry()  # no entry: it is in the state
        if kept and (not wanted.entry or (kept.final and kept.version == version(entry))):
            return kept
        found = await self._articles.get(wanted.key, entry, wanted.source.name)
        if kept and not kept.news.excerpt and not found.final:
            return kept  # better the whole article as it was
        self._state.keep_article(wanted.key, wanted.source.address, found)
        return found


def is_feed_file(path: Path) -> bool:
    """Whether it is a file that holds a feed."""
    try:
        with path.open("rb") as file:
            return feed.is_feed(file.read(feed.HEAD))
    except OSError:  # a folder, or what reading it will tell
        return False


def rows(path: Path) -> Iterator[Item | Failure]:
    """The articles of a folder or a file of rows.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    require_there(path)
    return iter(Archive(path))


def _file(path: Path) -> Download:
    with path.open("rb") as file:
        body = file.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise InputError(f"it is larger than {MAX_BYTES // 1_000_000} MB")
    return Download("", body, "", None)


def _limit(source: Source) -> int:
    return MAX_ARTICLES if source.limit is None else source.limit


def _newest(wanted: Iterable[_Wanted], source: Source) -> list[_Wanted]:
    """As many as the source may have and one more, the newest first and the undated last."""
    return nsmallest(
        _limit(source) + 1,
        wanted,
        key=lambda one: -one.published.timestamp() if one.published else math.inf,
    )


def _key(entry: Entry, source: Source) -> str:
    """What an article is known by in the state."""
    if entry.url and not entry.shares_url:
        return identity(entry.url)
    said = (
        entry.id or blake2b(f"{entry.title}\n{entry.summary}".encode(), digest_size=8).hexdigest()
    )
    return f"{source.address}#{said}"


def _alias(entry: Entry) -> str | None:
    """The feed's own id of an article, which is unique within its site."""
    return f"{site(entry.url)} {entry.id}" if entry.url and entry.id else None


def _likeness(key: str, news: News) -> tuple[str | None, ...]:
    """What only the same article has: its address in the end, and its text within its site."""
    item = news.item
    url = item.url if item.id != key else None  # what is known by a key has no page of its own
    text = f"{item.title}\n{item.text}" if news.excerpt else item.text  # teasers may be alike
    digest = blake2b(text.encode(), digest_size=16).hexdigest()
    return url and identity(url), f"{site(item.url or '')} {digest}"


def _firsts() -> Callable[..., bool]:
    """A function that tells whether none of its arguments (but None) was given to it before."""
    seen: set[str] = set()

    def is_first(*names: str | None) -> bool:
        given = {name for name in names if name}
        known = not seen.isdisjoint(given)
        seen.update(given)
        return not known

    return is_first
