"""What the daily brief has fetched, briefed and told: one SQLite file, one run at a time.

What a `keep` is given is on the disk when it returns. Digests stay for ever, for the pages of all
days are made of them; the rest is forgotten when no run has come across it for long (`forget`).
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

from depesche.brief import Item, OutputError
from depesche.daily.news import News
from depesche.database import Database, packed
from depesche.fetch import Download

APPLICATION = 0x44455045  # "DEPE" in the file's header: whose it is
VERSION = 2  # of the tables
KEPT = timedelta(days=90)  # since a run has come across it last

# `seen` is the day on which a run came across it last.
_FORGETTING = """
CREATE INDEX article_by_seen ON article (seen);
CREATE INDEX brief_by_seen ON brief (seen);
CREATE TABLE forgotten (published REAL NOT NULL);
"""
_SCHEMA = f"""
CREATE TABLE feed (
  address TEXT PRIMARY KEY, url TEXT NOT NULL, body BLOB NOT NULL, media_type TEXT NOT NULL,
  charset TEXT, etag TEXT, modified TEXT, seen TEXT NOT NULL
);
CREATE TABLE article (
  key TEXT PRIMARY KEY, source TEXT NOT NULL, published REAL, version TEXT, final INTEGER NOT NULL,
  news BLOB NOT NULL, seen TEXT NOT NULL
);
CREATE INDEX article_of_source ON article (source, published);
CREATE TABLE brief (key BLOB PRIMARY KEY, brief BLOB NOT NULL, seen TEXT NOT NULL);
CREATE TABLE digest (
  output TEXT, day TEXT, summary BLOB NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (output, day)
);
{_FORGETTING}
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
"""
# With today, what was seen, and today.
_FEED_SEEN = "UPDATE feed SET seen = ? WHERE address = ? AND seen < ?"
_ARTICLE_SEEN = "UPDATE article SET seen = ? WHERE key = ? AND seen < ?"
_BRIEF_SEEN = "UPDATE brief SET seen = ? WHERE key = ? AND seen < ?"


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

    def __init__(self, path: Path, today: date | None = None) -> None:
        """Open or create the file at `path`, and its folder; `today` is by the clock if not given.

        Raises:
            OutputError: another run has it open, it is damaged, another program's or of a later
                depesche, or it cannot be read or written.
        """
        self._path = path
        self._today = today or datetime.now(UTC).date()
        self._met: set[tuple[str, str | bytes]] = set()  # how it is noted, and what it is
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
        self._met.add((_FEED_SEEN, address))
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
            "INSERT OR REPLACE INTO feed VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            address,
            answer.url,
            packed(answer.body),
            answer.media_type,
            answer.charset,
            answer.etag,
            answer.modified,
            self._today.isoformat(),
        )

    def article(self, key: str) -> Kept | None:
        """The article that is known by `key`."""
        self.meet([key])
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
        found = {key: self._kept(*row) for key, *row in rows}
        self.meet(found)
        return found

    def meet(self, keys: Iterable[str]) -> None:
        """Note that a source still has the articles that are known by these keys, if any are."""
        self._met.update((_ARTICLE_SEEN, key) for key in keys)

    def keep_article(self, key: str, source: str, article: Kept) -> None:
        """Keep an article, in place of what was known by `key`.

        Args:
            key: what it is known by, whichever source has it.
            source: the address of a source that has it.
            article: what is kept.
        """
        published = article.news.item.published
        self._db.execute(
            "INSERT OR REPLACE INTO article VALUES (?, ?, ?, ?, ?, ?, ?)",
            key,
            source,
            published and published.timestamp(),
            article.version,
            article.final,
            _packed(asdict(article.news)),
            self._today.isoformat(),
        )

    # Briefs and digests

    def brief(self, item: Item, recipe: dict[str, Any]) -> dict[str, Any] | None:
        """The brief of an article as it now reads, made by this recipe."""
        key = _identity(item, recipe)
        self._met.add((_BRIEF_SEEN, key))
        return self._json("SELECT brief FROM brief WHERE key = ?", key)

    def keep_brief(self, item: Item, recipe: dict[str, Any], brief: dict[str, Any]) -> None:
        """Keep the brief of an article; all three are plain JSON but for the article."""
        values = _identity(item, recipe), _packed(brief), self._today.isoformat()
        self._db.execute("INSERT OR REPLACE INTO brief VALUES (?, ?, ?)", *values)

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

    # Forgetting

    def forget(self) -> None:
        """Forget what neither this run nor one of the last KEPT has come across; digests stay.

        A run comes across what it asks for and what its feeds still have, in their last answer if
        they do not answer now: so no article comes back as a new one while its feed has it.
        """
        today, oldest = self._today.isoformat(), self._today - KEPT
        day, moment = oldest.isoformat(), datetime.combine(oldest, time(), UTC).timestamp()
        old = "FROM article WHERE seen < ? AND (published IS NULL OR published < ?)"
        with self._db.transaction():
            for note, key in self._met:
                self._db.execute(note, today, key, today)
            (latest,) = self._db.row(f"SELECT max(published) {old}", day, moment)
            if latest is not None:
                self._db.execute("INSERT INTO forgotten VALUES (?)", latest)
            self._db.execute(f"DELETE {old}", day, moment)
            self._db.execute("DELETE FROM feed WHERE seen < ?", day)
            self._db.execute("DELETE FROM brief WHERE seen < ?", day)
        self._met.clear()

    def forgotten(self) -> datetime | None:
        """When the latest of the articles that are forgotten was published."""
        (latest,) = self._db.row("SELECT max(published) FROM forgotten")
        return latest and datetime.fromtimestamp(latest, UTC)

    # SQLite

    def _prepare(self, db: Database) -> None:
        """In a new file, make the tables; bring those of an earlier depesche up to date."""
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
            for statement in (_SCHEMA if is_new else self._changes(version)).split(";"):
                db.execute(statement)

    def _changes(self, version: int) -> str:
        """What makes tables of an earlier version those of this one."""
        if version == VERSION:
            return ""
        return f"""
ALTER TABLE feed ADD COLUMN seen TEXT NOT NULL DEFAULT '{self._today}';
ALTER TABLE article ADD COLUMN seen TEXT NOT NULL DEFAULT '{self._today}';
ALTER TABLE brief ADD COLUMN seen TEXT NOT NULL DEFAULT '{self._today}';
{_FORGETTING}
PRAGMA user_version = {VERSION};
"""

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
