"""What goes through the daily brief: sources, their news, reports of it, and a digest."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from depesche.brief import Item


@dataclass(frozen=True)
class Source:
    """Where articles come from: a feed, a folder of articles or a JSONL file."""

    address: str  # an http(s) URL or a path
    title: str | None = None  # None: what the feed calls itself, else its address
    category: str | None = None
    limit: int | None = None  # articles of one day, the newest first

    @property
    def name(self) -> str:
        """What it is called."""
        return self.title or self.address


@dataclass(frozen=True)
class News:
    """An article of a source, ready to be briefed; None where nobody says.

    `item.published` has a time zone. `excerpt` says why the text is no more than what the feed
    itself says of the article, None where it is the whole of it.
    """

    item: Item
    source: str  # the source's title
    category: str | None = None  # the reader's, not the publisher's
    publisher: str | None = None
    author: str | None = None
    section: str | None = None
    image: str | None = None
    excerpt: str | None = None


@dataclass(frozen=True)
class Miss:
    """What a digest lacks, and why, in one line: a source that is dead, an article that failed."""

    source: str
    reason: str
    title: str | None = None  # of the article; None where it is the whole source
    url: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it is about the whole source."""
        return self.title is None and self.url is None


@dataclass(frozen=True)
class Report:
    """News and its brief, as the JSON object that docs/json.md describes.

    `news.item.published` is in the reader's zone; `news.item.text` is empty, for the sentences of
    the brief hold it.
    """

    news: News
    brief: dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """One story of a digest: the report that tells it, and who else does."""

    lead: Report
    others: tuple[Report, ...] = ()
    told: date | None = None  # the earlier digest that had it; None for a new story
    update: tuple[str, ...] = ()  # the names and numbers that are new since then


@dataclass(frozen=True)
class Repeat:
    """A report that is left out: an earlier digest tells its story, and this one adds nothing."""

    key: str  # tells the article, as it now reads, from others
    title: str
    url: str | None
    told: date


@dataclass(frozen=True)
class Digest:
    """A day of news. `since` and `until` bound what was published then, in the reader's zone."""

    day: date
    since: datetime
    until: datetime
    entries: tuple[Entry, ...]  # best first
    undated: tuple[Entry, ...] = ()  # whose reports do not say when they were published
    sources: dict[str, int] = field(default_factory=dict)  # title: its articles in the window
    misses: tuple[Miss, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    omitted: int = 0  # stories beyond the most that were asked for
    recipe: dict[str, Any] = field(default_factory=dict)
