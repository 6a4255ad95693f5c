"""What a batch has finished: one SQLite file beside its output, and a lock while it is open.

A window of articles is one transaction, on the disk before anything is reported. Results are never
deleted, so a change that is taken back costs nothing.

The order of the input is of one run only and is noted in a temporary table, which SQLite keeps on
disk: neither this table nor the results take memory as they grow.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from depesche.database import Database, packed

_SCHEMA = """
CREATE TABLE IF NOT EXISTS result (key BLOB PRIMARY KEY, ok INTEGER NOT NULL, row BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS written (name TEXT PRIMARY KEY, digest BLOB NOT NULL, size INTEGER);
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value REAL NOT NULL);
CREATE TABLE IF NOT EXISTS output (
  one INTEGER PRIMARY KEY CHECK (one), recipe TEXT NOT NULL, articles INTEGER NOT NULL
);
CREATE TEMP TABLE input (
  position INTEGER PRIMARY KEY, id BLOB UNIQUE, key BLOB, name TEXT, failure BLOB
);
CREATE TEMP TABLE current (name TEXT PRIMARY KEY) WITHOUT ROWID;
"""

Standing = Literal["new", "done", "failed", "repeated", "clashing"]


@dataclass(frozen=True)
class Result:
    """What became of an article: its row of the output, or of the failures file."""

    key: bytes
    ok: bool
    row: bytes


class Journal:
    """The results of a batch, in the order of this run's input. Threads may share it."""

    def __init__(self, path: Path | None) -> None:
        """Open or create the journal at `path`; None holds nothing and is forgotten.

        Raises:
            OutputError: another run has it open, or it cannot be read or written.
        """
        self._db = Database(path, _prepare)

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    # Reading the input

    def admit(self, identity: bytes, key: bytes, name: str) -> Standing:
        """Note the next article of the input, and say how it stands.

        "repeated" and "clashing" ones have the identity of an earlier one, with the same key or
        with another; they are not noted.

        Args:
            identity: what only one article of the output may have.
            key: what its result is known by.
            name: of its file, where it has one of its own.
        """
        is_new = self._db.execute(
            "INSERT OR IGNORE INTO input (id, key, name) VALUES (?, ?, ?)", identity, key, name
        )
        if not is_new:
            (earlier,) = self._db.row("SELECT key FROM input WHERE id = ?", identity)
            return "repeated" if earlier == key else "clashing"
        result = self._db.row("SELECT ok FROM result WHERE key = ?", key)
        return "new" if not result else "done" if result[0] else "failed"

    def refuse(self, row: bytes) -> None:
        """Note an entry of the input that is no article, with its row of the failures file."""
        self._db.execute("INSERT INTO input (failure) VALUES (?)", row)

    def count(self) -> int:
        """How many results there are, of this input or another."""
        found: int = self._db.row("SELECT count(*) FROM result")[0]
        return found

    # Finishing articles

    def commit(self, results: Iterable[Result]) -> None:
        """Keep results: all of them are on the disk when this returns, or none where it raises."""
        rows = [(result.key, result.ok, packed(result.row)) for result in results]
        self._db.execute_each("INSERT OR REPLACE INTO result VALUES (?, ?, ?)", rows)

    def note(self, name: str, value: float) -> None:
        """Keep a number for later runs."""
        self._db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", name, value)

    def fact(self, name: str) -> float | None:
        """A number that an earlier run has kept."""
        row = self._db.row("SELECT value FROM fact WHERE name = ?", name)
        return row and float(row[0])

    # Writing the output

    def finished(self) -> Iterator[tuple[int, bytes, str]]:
        """Position in the input, key and name of each article that has a brief, in order."""
        return self._db.rows(
            "SELECT position, key, name FROM input JOIN result USING (key) "
            "WHERE ok ORDER BY position"
        )

    def rows(self, first: int, last: int) -> Iterator[bytes]:
        """The rows of the articles with a brief at these positions, in order."""
        found = self._db.rows(
            "SELECT row FROM input JOIN result USING (key) "
            "WHERE ok AND position BETWEEN ? AND ? ORDER BY position",
            first,
            last,
        )
        return (self._db.unpacked(row) for (row,) in found)

    def failures(self) -> Iterator[bytes]:
        """The rows of the failures file, in the order of the input."""
        found = self._db.rows(
            "SELECT failure, row FROM input LEFT JOIN result USING (key) "
            "WHERE failure IS NOT NULL OR NOT ok ORDER BY position"
        )
        return (failure or self._db.unpacked(row) for failure, row in found)

    def note_output(self, recipe: str, articles: int) -> None:
        """Note how the output is made that is there now, and how many articles it has."""
        self._db.execute("INSERT OR REPLACE INTO output VALUES (1, ?, ?)", recipe, articles)

    def output(self) -> tuple[str, int] | None:
        """What was noted of the output; None where none was written."""
        row = self._db.row("SELECT recipe, articles FROM output")
        return row and (str(row[0]), int(row[1]))

    def is_written(self, name: str, digest: bytes, size: int | None) -> bool:
        """Whether the file `name` holds what has this digest; it is part of the output in any case.

        Args:
            name: of the file, within the output.
            digest: of what it shall hold.
            size: of the file in bytes, None where there is none.
        """
        self._db.execute("INSERT OR IGNORE INTO current VALUES (?)", name)
        known = self._db.row("SELECT digest, size FROM written WHERE name = ?", name)
        return bool(known == (digest, size))

    def note_written(self, files: Iterable[tuple[str, bytes, int]]) -> None:
        """Note files that were written, as name, digest and size."""
        self._db.execute_each("INSERT OR REPLACE INTO written VALUES (?, ?, ?)", files)

    def outdated(self) -> list[str]:
        """Files that an earlier run wrote and that are not part of the output any more."""
        query = "SELECT name FROM written WHERE name NOT IN (SELECT name FROM current)"
        return [name for (name,) in self._db.rows(query)]

    def forget_written(self, names: Iterable[str]) -> None:
        """Note that files are gone."""
        self._db.execute_each("DELETE FROM written WHERE name = ?", ((name,) for name in names))


def _prepare(db: Database) -> None:
    with db.transaction():
        for statement in _SCHEMA.split(";"):
            db.execute(statement)
