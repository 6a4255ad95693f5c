"""What the daily brief has fetched, briefed and told: one SQLite file, one run at a time.

What a `keep` is given is on the disk when it returns.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

from depesche.brief import Item, OutputError
from depesche.daily.news import News
from depesche.database import Database, packed
from depesche.fetch import Download

APPLICATION = 0x44455045  # "DEPE" in the file's header: whose it is
VERSION = 1  # of the tables

_SCHEMA = f"""
CREATE TABLE feed (
  address TEXT PRIMARY KEY, url TEXT NOT NULL, body BLOB NOT NULL, media_type TEXT NOT NULL,
  charset TEXT, etag TEXT, modified TEXT
);
CREATE TABLE article (
  key TEXT PRIMARY KEY, source TEXT NOT NULL, published REAL, version TEXT, final INTEGER NOT NULL,
  news BLOB NOT NULL
);
CREATE INDEX article_of_source ON article (source, published);
CREATE TABLE brief (key BLOB PRIMARY KEY, brief BLOB NOT NULL);
CREATE TABLE digest (
  output TEXT, day TEXT, summary BLOB NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (output, day)
);
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
"""


@dataclass(frozen=True)
class Kept:
    """An article as it was when it was fetched.

    `version` is what its feed then said of when it was changed last. It is `final` unless fetching
    it failed in a way that may pass; then `news` is the feed's teaser.
    """

    news: News
    version: str | None = None
    final: bool = True


class State:
    """What earlier runs have kept. Of one thread; a context manager that closes the file."""

    def __init__(self, path: Path) -> None:
        """Open or create the file at `path`, and its folder.

        Raises:
            OutputError: another run has it open, it is damaged, another program's or of a later
                depesche, or it cannot be read or written.
        """
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot create {path.parent}: {error.strerror}") from error
        self._db = Database(path, self._prepare)

    def __enter__(self) -> "State":
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    # Feeds and articles

    def feed(self, address: str) -> Download | None:
        """What a feed's server sent last."""
        row = self._db.row(
            "SELECT url, body, media_type, charset, etag, modified FROM feed WHERE address = ?",
            address,
        )
        if not row:
            return None
        url, body, *rest = row
        return Download(url, self._db.unpacked(body), *rest)

    def keep_feed(self, address: str, answer: Download) -> None:
        """Keep what a feed's server sent, in place of what it sent before."""
        self._db.execute(
            "INSERT OR REPLACE INTO feed VALUES (?, ?, ?, ?, ?, ?, ?)",
            address,
            answer.url,
            packed(answer.body),
            answer.media_type,
            answer.charset,
            answer.etag,
            answer.modified,
        )

    def article(self, key: str) -> Kept | None:
        """The article that is known by `key`."""
        row = self._db.row("SELECT version, final, news FROM article WHERE key = ?", key)
        return row and self._kept(*row)

    def articles(self, source: str, since: datetime, until: datetime) -> dict[str, Kept]:
        """The articles of a source that were published from `since` until before `until`, by key.

        The newest come first; undated ones are left out.
        """
        rows = self._db.rows(
            "SELECT key, version, final, news FROM article "
            "WHERE source = ? AND published >= ? AND published < ? ORDER BY published DESC, key",
            source,
            since.timestamp(),
            until.timestamp(),
        )
        return {key: self._kept(*row) for key, *row in rows}

    def keep_article(self, key: str, source: str, article: Kept) -> None:
        """Keep an article, in place of what was known by `key`.

        Args:
            key: what it is known by, whichever source has it.
            source: the address of a source that has it.
            article: what is kept.
        """
        published = article.news.item.published
        self._db.execute(
            "INSERT OR REPLACE INTO article VALUES (?, ?, ?, ?, ?, ?)",
            key,
            source,
            published and published.timestamp(),
            article.version,
            article.final,
            _packed(asdict(article.news)),
        )

    # Briefs and digests

    def brief(self, item: Item, recipe: dict[str, Any]) -> dict[str, Any] | None:
        """The brief of an article as it now reads, made by this recipe."""
        return self._json("SELECT brief FROM brief WHERE key = ?", _identity(item, recipe))

    def keep_brief(self, item: Item, recipe: dict[str, Any], brief: dict[str, Any]) -> None:
        """Keep the brief of an article; all three are plain JSON but for the article."""
        key = _identity(item, recipe)
        self._db.execute("INSERT OR REPLACE INTO brief VALUES (?, ?)", key, _packed(brief))

    def digest(self, output: str, day: date) -> dict[str, Any] | None:
        """The digest of a day, as it was kept for this output."""
        query = "SELECT digest FROM digest WHERE output = ? AND day = ?"
        return self._json(query, output, day.isoformat())

    def digests(
        self, output: str, before: date | None = None
    ) -> Iterator[tuple[date, dict[str, Any]]]:
        """The digests of an output, the newest day first; only days before `before`, if given.

        They are read one by one, as the iterator goes on.
        """
        query = "SELECT day, digest FROM digest WHERE output = ? AND day < ? ORDER BY day DESC"
        last = before.isoformat() if before else "9999-99-99"
        for day, data in self._db.rows(query, output, last):
            yield date.fromisoformat(day), json.loads(self._db.unpacked(data))

    def summaries(self, output: str) -> list[dict[str, Any]]:
        """What was kept beside each digest of an output, the newest day first."""
        query = "SELECT summary FROM digest WHERE output = ? ORDER BY day DESC"
        return [json.loads(self._db.unpacked(row[0])) for row in self._db.rows(query, output)]

    def keep_digest(
        self, output: str, day: date, digest: dict[str, Any], summary: dict[str, Any] | None = None
    ) -> None:
        """Keep the digest of a day, in place of the one before.

        Args:
            output: what tells the folder it was written to from others.
            day: whose news it has.
            digest: plain JSON.
            summary: likewise; what is told of all days together, which is too much to read them.
        """
        values = _packed(summary or {}), _packed(digest)
        self._db.execute(
            "INSERT OR REPLACE INTO digest VALUES (?, ?, ?, ?)", output, day.isoformat(), *values
        )

    # SQLite

    def _prepare(self, db: Database) -> None:
        """In a new file, make the tables."""
        # A write-ahead log without shared memory, which not every file system has; where even that
        # is refused, SQLite stays with a rollback journal.
        db.execute("PRAGMA journal_mode = WAL")
        with db.transaction():
            version = db.row("PRAGMA user_version")[0]
            is_new = not db.row("SELECT count(*) FROM sqlite_schema")[0]
            if not is_new and db.row("PRAGMA application_id")[0] != APPLICATION:
                raise OutputError(f"{self._path} is another program's; give another --state")
            if version > VERSION:
                raise OutputError(f"{self._path} is of a later depesche; update this one")
            for statement in _SCHEMA.split(";") if is_new else ():
                db.execute(statement)

    def _json(self, query: str, *values: object) -> dict[str, Any] | None:
        row = self._db.row(query, *values)
        found: dict[str, Any] | None = row and json.loads(self._db.unpacked(row[0]))
        return found

    def _kept(self, version: str | None, final: int, news: bytes) -> Kept:
        fields = json.loads(self._db.unpacked(news))
        item = fields.pop("item")
        published = item.pop("published")
        item = Item(**item, published=published and datetime.fromisoformat(published))
        return Kept(News(item, **fields), version, bool(final))


def _packed(value: Any) -> bytes:
    return packed(json.dumps(value, default=datetime.isoformat).encode())


def _identity(item: Item, recipe: dict[str, Any]) -> bytes:
    """What a brief is known by: all that it says of the article, and how it was made."""
    text = json.dumps([asdict(item), recipe], default=datetime.isoformat, sort_keys=True)
    return blake2b(text.encode(), digest_size=16).digest()
