"""One SQLite file of one run at a time, whose errors are told in the user's terms.

Every transaction is on the disk when it ends. A process that is killed, a full disk or a power
failure leaves those that ended and no trace of the one that did not; that is SQLite's promise, and
nothing else has to keep it.
"""

import contextlib
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from depesche.brief import OutputError


class Database:
    """Tables in a file. Threads may share it.

    Whatever is asked of it raises OutputError where another run has the file open, or it is
    damaged, or cannot be read or written.
    """

    def __init__(self, path: Path | None, prepare: Callable[["Database"], None]) -> None:
        """Open or create the file at `path`; None is one in memory, which is forgotten.

        `prepare` is called with it to make the tables it lacks; where that fails it is closed.
        """
        self._path = path
        self._lock = threading.RLock()
        with self._told():
            self._connection = sqlite3.connect(
                path or ":memory:", timeout=0, isolation_level=None, check_same_thread=False
            )
        try:
            self.execute("PRAGMA locking_mode = EXCLUSIVE")
            self.execute("PRAGMA synchronous = EXTRA")
            prepare(self)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let other runs have it."""
        with self._lock:
            self._connection.close()

    def execute(self, statement: str, *values: object) -> int:
        """Run a statement, outside of a transaction as one of its own; how many rows it changed."""
        with self._told():
            return self._connection.execute(statement, values).rowcount

    def execute_each(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement with the values of each row, all in one transaction."""
        with self.transaction():
            self._connection.executemany(statement, rows)

    def row(self, query: str, *values: object) -> Any:
        """The first row that a query finds, or None."""
        with self._told():
            return self._connection.execute(query, values).fetchone()

    def rows(self, query: str, *values: object) -> Iterator[Any]:
        """The rows that a query finds, read as the iterator goes on."""
        with self._told():
            # `yield from` would close the cursor of who stops early, perhaps after the file.
            for row in self._connection.execute(query, values):  # noqa: UP028
                yield row

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """What is done in the block is done as a whole, or not at all where it raises."""
        with self._told():
            self._connection.execute("BEGIN EXCLUSIVE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def unpacked(self, data: bytes) -> bytes:
        """What `packed` has made smaller."""
        with self._told():
            return zlib.decompress(data)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """One thread at a time; what goes wrong in a line."""
        with self._lock:
            try:
                yield
            except (sqlite3.Error, zlib.error) as error:
                if "locked" in str(error):
                    message = f"another run is working with {self._path}; wait for it or stop it"
                elif isinstance(error, sqlite3.OperationalError):
                    message = f"cannot write {self._path}: {error}; what it held before is safe"
                else:
                    message = f"{self._path} is damaged ({error}); move it away to begin anew"
                raise OutputError(message) from error


def packed(data: bytes) -> bytes:
    """The same in less room, for a table."""
    return zlib.compress(data, 1)
