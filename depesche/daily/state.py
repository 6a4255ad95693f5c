"""What the daily brief has fetched, briefed and told: one SQLite file, one run at a time.

Every `keep` is a transaction that is on the disk when it returns. A process that is killed, a full
disk or a power failure leaves what was kept before and no trace of what was not; that is SQLite's
promise, and nothing else here has to keep it.
"""

import contextlib
import json
import sqlite3
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

from depesche.brief import Item, OutputError
from depesche.daily.news import News
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
        with self._guarded():
            self._db = sqlite3.connect(path, timeout=0, isolation_level=None)
        try:
            with self._guarded():
                self._open()
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> "State":
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    # Feeds and articles

    def feed(self, address: str) -> Download | None:
        """What a feed's server sent last."""
        row = self._row(
            "SELECT url, body, media_type, charset, etag, modified FROM feed WHERE address = ?",
            address,
        )
        if not row:
            return None
        url, body, *rest = row
        return Download(url, self._unpacked(body), *rest)

    def keep_feed(self, address: str, answer: Download) -> None:
        """Keep what a feed's server sent, in place of what it sent before."""
        self._write(
            "INSERT OR REPLACE INTO feed VALUES (?, ?, ?, ?, ?, ?, ?)",
            address,
            answer.url,
            zlib.compress(answer.body, 1),
            answer.media_type,
            answer.charset,
            answer.etag,
            answer.modified,
        )

    def article(self, key: str) -> Kept | None:
        """The article that is known by `key`."""
        row = self._row("SELECT version, final, news FROM article WHERE key = ?", key)
        return row and self._kept(*row)

    def articles(self, source: str, since: datetime, until: datetime) -> dict[str, Kept]:
        """The articles of a source that were published from `since` until before `until`, by key.

        The newest come first; undated ones are left out.
        """
        rows = self._rows(
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
        self._write(
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
        packed = _packed(brief)
        self._write("INSERT OR REPLACE INTO brief VALUES (?, ?)", _identity(item, recipe), packed)

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
        for day, packed in self._rows(query, output, last):
            yield date.fromisoformat(day), json.loads(self._unpacked(packed))

    def summaries(self, output: str) -> list[dict[str, Any]]:
        """What was kept beside each digest of an output, the newest day first."""
        query = "SELECT summary FROM digest WHERE output = ? ORDER BY day DESC"
        return [json.loads(self._unpacked(row[0])) for row in self._rows(query, output)]

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
        self._write(
            "INSERT OR REPLACE INTO digest VALUES (?, ?, ?, ?)", output, day.isoformat(), *values
        )

    # SQLite

    def _open(self) -> None:
        """Take the file for this run alone; in a new one, make the tables."""
        # A write-ahead log without shared memory, which not every file system has; where even that
        # is refused, SQLite stays with a rollback journal.
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        with self._transaction("EXCLUSIVE"):
            version = self._row("PRAGMA user_version")[0]
            is_new = not self._row("SELECT count(*) FROM sqlite_schema")[0]
            if not is_new and self._row("PRAGMA application_id")[0] != APPLICATION:
                raise OutputError(f"{self._path} is another program's; give another --state")
            if version > VERSION:
                raise OutputError(f"{self._path} is of a later depesche; update this one")
            for statement in _SCHEMA.split(";") if is_new else ():
                self._db.execute(statement)

    def _row(self, query: str, *values: object) -> Any:
        with self._guarded():
            return self._db.execute(query, values).fetchone()

    def _json(self, query: str, *values: object) -> dict[str, Any] | None:
        row = self._row(query, *values)
        found: dict[str, Any] | None = row and json.loads(self._unpacked(row[0]))
        return found

    def _kept(self, version: str | None, final: int, news: bytes) -> Kept:
        fields = json.loads(self._unpacked(news))
        item = fields.pop("item")
        published = item.pop("published")
        item = Item(**item, published=published and datetime.fromisoformat(published))
        return Kept(News(item, **fields), version, bool(final))

    def _unpacked(self, data: bytes) -> bytes:
        with self._guarded():
            return zlib.decompress(data)

    def _rows(self, query: str, *values: object) -> Iterator[Any]:
        with self._guarded():
            yield from self._db.execute(query, values)

    def _write(self, query: str, *values: object) -> None:
        with self._transaction():
            self._db.execute(query, values)

    @contextlib.contextmanager
    def _transaction(self, kind: str = "IMMEDIATE") -> Iterator[None]:
        with self._guarded():
            self._db.execute(f"BEGIN {kind}")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """SQLite's errors in the user's terms."""
        try:
            yield
        except (sqlite3.Error, zlib.error) as error:
            if "locked" in str(error):
                message = f"another run is working with {self._path}; wait for it or stop it"
            elif isinstance(error, sqlite3.OperationalError):
                message = f"cannot use {self._path}: {error}"
            else:
                message = f"{self._path} is damaged ({error}); move it away to begin anew"
            raise OutputError(message) from error


def _packed(value: Any) -> bytes:
    return zlib.compress(json.dumps(value, default=datetime.isoformat).encode(), 1)


def _identity(item: Item, recipe: dict[str, Any]) -> bytes:
    """What a brief is known by: all that it says of the article, and how it was made."""
    text = json.dumps([asdict(item), recipe], default=datetime.isoformat, sort_keys=True)
    return blake2b(text.encode(), digest_size=16).digest()
