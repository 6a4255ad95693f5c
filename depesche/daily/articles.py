"""An entry of a feed becomes an article: from its page, else from what the feed has of it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import UTC, tzinfo
from typing import TypeVar
from urllib.parse import urlsplit

from depesche import charset, page
from depesche.brief import InputError, Item
from depesche.daily.feed import Entry
from depesche.daily.links import cleaned, identity, is_url
from depesche.daily.news import News
from depesche.daily.state import Kept
from depesche.fetch import Download, Fetcher, PassingError
from depesche.page import Article

T = TypeVar("T")

# What is longer is no headline, name or article, but could keep the models busy for hours.
MAX_LINE = 300  # characters
MAX_TEXT = 60_000

_WALLS = {
    "consent": "the page asks for consent instead of showing the article",
    "paywall": "the rest of the article is for subscribers",
}


class Articles:
    """Gets the articles of entries."""

    def __init__(self, fetcher: Fetcher, reader: Executor, zone: tzinfo) -> None:
        """Articles that `fetcher` gets.

        Args:
            fetcher: of their pages.
            reader: in which pages are read, so that a long one keeps no server waiting.
            zone: the reader's, in which dates of pages are that have none.
        """
        self._fetcher = fetcher
        self._reader = reader
        self._zone = zone

    async def get(self, key: str, entry: Entry, source: str) -> Kept:
        """The article of an entry, or the feed's teaser and why it is no more than that.

        Args:
            key: what the article is known by; its id, if it has no URL of its own.
            entry: of the feed.
            source: its title.
        """
        article, excerpt, is_final = Article(""), None, True
        try:
            article = await self._article(entry)
            excerpt = _WALLS.get(article.wall or "")
        except Exception as error:  # whatever is wrong with a page costs that page
            excerpt, is_final = reason(error), not isinstance(error, PassingError)
        return Kept(self._news(key, entry, source, article, excerpt), version(entry), is_final)

    async def _article(self, entry: Entry) -> Article:
        """The article from the feed where that has all of it, else from its page."""
        if len((entry.content or "").split()) > page.STUB_WORDS:
            article = await self._read(_of_feed, entry)
            if len(article.text.split()) > page.STUB_WORDS:
                return article
        if not entry.url:
            raise InputError("the feed has no link to the article")
        if entry.shares_url:
            raise InputError("the feed has the same link for several articles")
        answer = await self._fetcher.get(entry.url)
        if urlsplit(answer.url).path in ("", "/") and identity(answer.url) != identity(entry.url):
            raise InputError("its page is gone: it leads to the front page of the site")
        return await self._read(_of_page, answer)

    async def _read(self, read: Callable[[T], Article], what: T) -> Article:
        return await asyncio.get_running_loop().run_in_executor(self._reader, read, what)

    def _news(
        self, key: str, entry: Entry, source: str, article: Article, excerpt: str | None
    ) -> News:
        teaser = entry.teaser
        text = (teaser or article.text) if excerpt else article.text
        if len(text) < len(teaser):
            text, excerpt = teaser, "the feed has more of the article than its page"
        if len(text) > MAX_TEXT:
            text, excerpt = _beginning(text), f"only its first {MAX_TEXT:,} characters were taken"
        published = entry.published or article.published
        if published and not published.tzinfo:
            published = published.replace(tzinfo=self._zone)
        return News(
            item=Item(
                id=cleaned(entry.url) if entry.url and not entry.shares_url else key,
                text=charset.clean(text),
                title=line(entry.title or article.title),
                url=_link(article.url or entry.url),
                published=published,
            ),
            source=source,
            publisher=line(article.publisher),
            author=line(entry.author or article.author),
            section=line(article.section or entry.section),
            image=_link(article.image or entry.image),
            excerpt=excerpt,
        )


def _beginning(text: str) -> str:
    """Whole paragraphs, if there are any that short."""
    start = text[:MAX_TEXT]
    return start.rpartition("\n\n")[0] or start.rpartition(" ")[0] or start


def line(text: str | None) -> str | None:
    """A headline or a name as one line; of what is too long to be one, the beginning."""
    text = " ".join(charset.clean(text or "").split())
    return (text if len(text) <= MAX_LINE else f"{text[:MAX_LINE]}…") or None


def _link(url: str | None) -> str | None:
    return cleaned(url) if url and is_url(url) else None


def _of_feed(entry: Entry) -> Article:
    """The article that a feed has, if it is one."""
    try:
        return page.parse(
            f"<html><body><article>{entry.content}</article></body></html>", entry.url
        )
    except InputError:
        return Article("")


def _of_page(answer: Download) -> Article:
    html = charset.decode(answer.body, answer.charset or charset.declared(answer.body))
    article = page.parse(html, answer.url)
    # A page that asks for consent says nothing of the article, not even where it is.
    return Article("", wall="consent") if article.wall == "consent" else article


def reason(error: Exception) -> str:
    """What went wrong, in one line."""
    return " ".join(str(error).split()) or type(error).__name__


def version(entry: Entry) -> str | None:
    """By which it is seen whether an article has changed."""
    return entry.updated.astimezone(UTC).isoformat() if entry.updated else None
