"""What a batch has finished: one SQLite file beside its output, and a lock while it is open.

A window of articles is one transaction, synced to the disk before anything is reported. A process
that is killed, a full disk or a power failure leaves the transactions that were committed and no
trace of the one that was not; that is SQLite's promise, and nothing else here has to keep it.
Results are never deleted, so a change that is taken back costs nothing.

The order of the input is of one run only and is noted in a temporary table, which SQLite keeps on
disk: neither this table nor the results take memory as they grow.
"""

import contextlib
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from depesche.brief import OutputError

_SCHEMA = """
PRAGMA synchronous = EXTRA;
PRAGMA locking_mode = EXCLUSIVE;
BEGIN EXCLUSIVE;
CREATE TABLE IF NOT EXISTS result (key BLOB PRIMARY KEY, ok INTEGER NOT NULL, row BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS written (name TEXT PRIMARY KEY, digest BLOB NOT NULL, size INTEGER);
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value REAL NOT NULL);
COMMIT;
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
        self._path = path
        self._lock = threading.RLock()
        with self._guarded():
            self._db = sqlite3.connect(
                path or ":memory:", timeout=0, isolation_level=None, check_same_thread=False
            )
            try:
                self._db.executescript(_SCHEMA)
            except BaseException:
                self._db.close()
                raise

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
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
        with self._guarded():
            noted = self._db.execute(
                "INSERT OR IGNORE INTO input (id, key, name) VALUES (?, ?, ?)",
                (identity, key, name),
            )
            if not noted.rowcount:
                earlier = self._one("SELECT key FROM input WHERE id = ?", identity)
                return "repeated" if earlier == key else "clashing"
            ok = self._one("SELECT ok FROM result WHERE key = ?", key)
        return "new" if ok is None else "done" if ok else "failed"

    def refuse(self, row: bytes) -> None:
        """Note an entry of the input that is no article, with its row of the failures file."""
        with self._guarded():
            self._db.execute("INSERT INTO input (failure) VALUES (?)", (row,))

    def count(self) -> int:
        """How many results there are, of this input or another."""
        with self._guarded():
            found: int = self._one("SELECT count(*) FROM result")
        return found

    # Finishing articles

    def commit(self, results: Iterable[Result]) -> None:
        """Keep results: all of them are on the disk when this returns, or none where it raises."""
        rows = [(result.key, result.ok, zlib.compress(result.row, 1)) for result in results]
        with self._transaction():
            self._db.executemany("INSERT OR REPLACE INTO result VALUES (?, ?, ?)", rows)

    def note(self, name: str, value: float) -> None:
        """Keep a number for later runs."""
        with self._transaction():
            self._db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    def fact(self, name: str) -> float | None:
        """A number that an earlier run has kept."""
        with self._guarded():
            found: float | None = self._one("SELECT value FROM fact WHERE name = ?", name)
        return found

    # Writing the output

    def finished(self) -> Iterator[tuple[int, bytes, str]]:
        """Position in the input, key and name of each article that has a brief, in order."""
        return self._select(
            "SELECT position, key, name FROM input JOIN result USING (key) "
            "WHERE ok ORDER BY position"
        )

    def rows(self, first: int, last: int) -> Iterator[bytes]:
        """The rows of the articles with a brief at these positions, in order."""
        found = self._select(
            "SELECT row FROM input JOIN result USING (key) "
            "WHERE ok AND position BETWEEN ? AND ? ORDER BY position",
            first,
            last,
        )
        return (zlib.decompress(row) for (row,) in found)

    def failures(self) -> Iterator[bytes]:
        """The rows of the failures file, in the order of the input."""
        found = self._select(
            "SELECT failure, row FROM input LEFT JOIN result USING (key) "
            "WHERE failure IS NOT NULL OR NOT ok ORDER BY position"
        )
        return (failure or zlib.decompress(row) for failure, row in found)

    def is_written(self, name: str, digest: bytes, size: int | None) -> bool:
        """Whether the file `name` holds what has this digest; it is part of the output in any case.

        Args:
            name: of the file, within the output.
            digest: of what it shall hold.
            size: of the file in bytes, None where there is none.
        """
        with self._guarded():
            self._db.execute("INSERT OR IGNORE INTO current VALUES (?)", (name,))
            known = self._db.execute(
                "SELECT digest, size FROM written WHERE name = ?", (name,)
            ).fetchone()
        return bool(known == (digest, size))

    def note_written(self, files: Iterable[tuple[str, bytes, int]]) -> None:
        """Note files that were written, as name, digest and size."""
        with self._transaction():
            self._db.executemany("INSERT OR REPLACE INTO written VALUES (?, ?, ?)", files)

    def outdated(self) -> list[str]:
        """Files that an earlier run wrote and that are not part of the output any more."""
        return [
            name
            for (name,) in self._select(
                "SELECT name FROM written WHERE name NOT IN (SELECT name FROM current)"
            )
        ]

    def forget_written(self, names: Iterable[str]) -> None:
        """Note that files are gone."""
        with self._transaction():
            self._db.executemany("DELETE FROM written WHERE name = ?", [(n,) for n in names])

    def _one(self, query: str, *values: object) -> Any:
        row = self._db.execute(query, values).fetchone()
        return row and row[0]

    def _select(self, query: str, *values: object) -> Iterator[Any]:
        with self._guarded():
            yield from self._db.execute(query, values)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._guarded():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """One thread at a time; SQLite's errors in the user's terms."""
        with self._lock:
            try:
                yield
            except sqlite3.Error as error:
                if "locked" in str(error):
                    message = "another run is working on this output; wait for it or stop it"
                else:
                    message = f"cannot keep {self._path}: {error}; what was finished before is safe"
                raise OutputError(message) from error
