"""What a run keeps is whole whatever happens, and what cannot be kept is told in a line."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from depesche.brief import OutputError
from depesche.database import Database, packed


def prepare(db: Database) -> None:
    db.execute("CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, text BLOB)")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "notes"


@pytest.fixture
def db(path: Path) -> Iterator[Database]:
    opened = Database(path, prepare)
    yield opened
    opened.close()


def names(db: Database) -> list[str]:
    return [name for (name,) in db.rows("SELECT name FROM note ORDER BY name")]


def test_a_transaction_is_kept_whole_or_not_at_all(db: Database) -> None:
    """Else a run that was stopped would take half of what it did for all of it."""
    with pytest.raises(OutputError):
        db.execute_each("INSERT INTO note VALUES (?, ?)", [("a", b""), ("b", b""), ("a", b"")])
    with pytest.raises(KeyboardInterrupt), db.transaction():
        db.execute("INSERT INTO note VALUES (?, ?)", "c", b"")
        raise KeyboardInterrupt
    assert names(db) == []
    db.execute_each("INSERT INTO note VALUES (?, ?)", [("a", b""), ("b", b"")])
    assert names(db) == ["a", "b"]


def test_what_changes_nothing_says_so(db: Database) -> None:
    """Else an article that came twice would be briefed twice."""
    insert = "INSERT OR IGNORE INTO note VALUES (?, ?)"
    assert [db.execute(insert, "a", b""), db.execute(insert, "a", b"")] == [1, 0]


def test_a_file_that_cannot_be_prepared_is_let_go(path: Path) -> None:
    """Else the same process could not try again."""

    def broken(db: Database) -> None:
        prepare(db)
        raise OutputError("of a later depesche")

    with pytest.raises(OutputError, match="of a later depesche"):
        Database(path, broken)
    Database(path, prepare).close()


def test_threads_do_not_mix_their_transactions(db: Database) -> None:
    """Else what one of them takes back would take the other's results with it."""
    begun, ready = threading.Event(), threading.Event()

    def other() -> None:
        ready.set()
        begun.wait()
        db.execute("INSERT INTO note VALUES ('other', '')")

    thread = threading.Thread(target=other)
    thread.start()
    with pytest.raises(KeyError), db.transaction():
        db.execute("INSERT INTO note VALUES ('mine', '')")
        ready.wait()
        begun.set()
        thread.join(0.05)
        raise KeyError
    thread.join()
    assert names(db) == ["other"]


def test_a_damaged_result_is_told_in_a_line(db: Database, path: Path) -> None:
    """Not by a traceback, in the middle of writing the output."""
    text = packed(b"Guten Morgen. " * 100)
    assert len(text) < 100
    assert db.unpacked(text) == b"Guten Morgen. " * 100
    with pytest.raises(OutputError) as caught:
        db.unpacked(text[:20])
    assert str(caught.value).startswith(f"{path} is damaged (")
    assert str(caught.value).endswith("move it away to begin anew")


def test_one_in_memory_is_forgotten() -> None:
    for _ in range(2):
        db = Database(None, prepare)
        db.execute("INSERT INTO note VALUES ('a', '')")
        db.close()


def test_who_stops_reading_early_may_do_so_after_the_file_is_closed(path: Path) -> None:
    """Else a full disk would be told in a line and a traceback."""
    opened = Database(path, prepare)
    opened.execute_each("INSERT INTO note VALUES (?, ?)", [("a", b""), ("b", b"")])
    rows = opened.rows("SELECT name FROM note")
    assert next(rows) == ("a",)
    opened.close()
    del rows  # what it raised now, nobody could catch; pytest would tell
