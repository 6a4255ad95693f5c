"""What earlier runs kept is there, whatever ended them, and belongs to one run at a time."""

import json
import sqlite3
import subprocess
import sys
import zlib
from contextlib import closing
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from depesche.brief import Item, OutputError
from depesche.daily.news import News
from depesche.daily.state import KEPT, Kept, State
from depesche.fetch import Download

TODAY = date(2026, 11, 22)
VERSION_1 = """
CREATE TABLE feed (
  address TEXT PRIMARY KEY, url TEXT NOT NULL, body BLOB NOT NULL, media_type TEXT NOT NULL,
  charset TEXT, etag TEXT, modified TEXT
);
CREATE TABLE article (
  key TEXT PRIMARY KEY, source TEXT NOT NULL, published REAL, version TEXT, final INTEGER NOT NULL,
  news BLOB NOT NULL
);
CREATE TABLE brief (key BLOB PRIMARY KEY, brief BLOB NOT NULL);
PRAGMA application_id = 1145393221;
PRAGMA user_version = 1;
"""
SEVEN = datetime(2026, 11, 22, 7, tzinfo=timezone(timedelta(hours=1)))
BRIDGE = Item("bote/1", "Die Brücke in Altenbruck wird ersetzt.", "Neue Brücke", None, SEVEN)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "daily" / "depesche.state"


def refused(path: Path) -> str:
    with pytest.raises(OutputError) as caught:
        State(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_everything_comes_back_in_the_next_run(path: Path) -> None:
    """Else feeds, pages and briefs were got again every time."""
    answer = Download("https://bote.example/feed", b"<rss/>", "text/xml", "utf-8", '"1"', "today")
    whole = News(BRIDGE, "Bote", "Politik", "Der Bote", "K. Weidner", "Inland", "https://i", None)
    teaser = News(Item("bote/2", "Ein Satz."), "Bote", excerpt="the server answered 503")
    with State(path) as state:
        state.keep_feed("https://bote.example", answer)
        state.keep_article("1", "https://bote.example", Kept(whole, "v1"))
        state.keep_article("2", "https://bote.example", Kept(teaser, None, final=False))
        state.keep_brief(BRIDGE, {"model": "mini"}, {"title": "A new bridge"})
        state.keep_digest("out", date(2026, 11, 22), {"entries": []})
    with State(path) as state:
        assert state.feed("https://bote.example") == answer
        assert state.feed("https://another.example") is None
        assert state.article("1") == Kept(whole, "v1")
        assert state.article("2") == Kept(teaser, None, final=False)
        assert state.article("3") is None
        assert state.brief(BRIDGE, {"model": "mini"}) == {"title": "A new bridge"}
        assert state.digest("out", date(2026, 11, 22)) == {"entries": []}


def test_a_brief_is_of_one_text_and_one_recipe(path: Path) -> None:
    """Else a corrected article, or a better model, would change nothing."""
    with State(path) as state:
        state.keep_brief(BRIDGE, {"model": "mini"}, {})
        assert state.brief(Item("bote/1", "Ein anderer Text."), {"model": "mini"}) is None
        assert state.brief(BRIDGE, {"model": "large"}) is None


def test_articles_of_a_window(path: Path) -> None:
    """What a feed has dropped since the morning is part of the day in the evening."""
    with State(path) as state:
        for hour in (6, 7, 8, 9):
            item = Item(f"{hour}", "Text", published=SEVEN.replace(hour=hour))
            state.keep_article(f"{hour}", "bote", Kept(News(item, "Bote")))
        state.keep_article("undated", "bote", Kept(News(Item("undated", "Text"), "Bote")))
        state.keep_article("other", "kurier", Kept(News(BRIDGE, "Kurier")))
        # The same time, as another zone writes it
        since, until = SEVEN.astimezone(UTC), SEVEN.replace(hour=9)
        assert list(state.articles("bote", since, until)) == ["8", "7"]


def test_digests_newest_first(path: Path) -> None:
    with State(path) as state:
        for day in (20, 22, 21):
            state.keep_digest("out", date(2026, 11, day), {"day": day})
        state.keep_digest("elsewhere", date(2026, 11, 19), {}, {"stories": 5})
        state.keep_digest("out", date(2026, 11, 21), {"day": 21, "again": True})
        assert [digest["day"] for _, digest in state.digests("out")] == [22, 21, 20]
        assert state.summaries("out") == [{}, {}, {}]
        assert state.summaries("elsewhere") == [{"stories": 5}]
        earlier = list(state.digests("out", before=date(2026, 11, 22)))
        assert earlier[0] == (date(2026, 11, 21), {"day": 21, "again": True})
        assert len(earlier) == 2


def aged(path: Path, days: int) -> State:
    """The state that many days after the first."""
    return State(path, TODAY + timedelta(days))


def test_what_no_run_comes_across_is_forgotten(path: Path) -> None:
    """The file would grow for ever; but the past days stay, for the index is made of them."""
    answer = Download("https://bote.example", b"<rss/>", "text/xml", None)
    with State(path, TODAY) as state:
        for name in ("left", "used"):
            item = replace(BRIDGE, id=name)
            state.keep_feed(name, answer)
            state.keep_article(name, "bote", Kept(News(item, "Bote")))
            state.keep_brief(item, {}, {"id": name})
        state.keep_digest("out", SEVEN.date(), {"a": 1})
        state.forget()
    with aged(path, KEPT.days) as state:
        assert state.feed("used")
        assert state.article("used")
        assert state.brief(replace(BRIDGE, id="used"), {})
        state.forget()
        assert state.forgotten() is None
    with aged(path, KEPT.days + 1) as state:
        state.forget()
        left = replace(BRIDGE, id="left")
        assert (state.feed("left"), state.article("left"), state.brief(left, {})) == (None,) * 3
        assert state.feed("used")
        assert state.article("used")
        assert state.brief(replace(BRIDGE, id="used"), {})
        assert state.digest("out", SEVEN.date()) == {"a": 1}
        assert state.forgotten() == SEVEN


def test_a_day_that_can_still_be_made_again_is_not_forgotten(path: Path) -> None:
    """What was seen long ago and is dated tomorrow is tomorrow's; undated things have no day."""
    tomorrow = SEVEN + timedelta(KEPT.days + 2)
    with State(path, TODAY) as state:
        for key, published in (("undated", None), ("tomorrow", tomorrow)):
            item = replace(BRIDGE, published=published)
            state.keep_article(key, "bote", Kept(News(item, "Bote")))
    with aged(path, KEPT.days + 1) as state:
        state.forget()
        assert state.article("tomorrow")
        assert state.article("undated") is None
        assert state.forgotten() is None


def test_a_run_that_was_broken_off_forgets_nothing(path: Path) -> None:
    """Not even where what it came across was not noted."""
    with State(path, TODAY) as state:
        state.keep_article("1", "bote", Kept(News(BRIDGE, "Bote")))
    with aged(path, 1000) as state:
        assert state.article("1")
    with aged(path, 2000) as state:
        assert state.article("1")


def test_the_file_of_an_earlier_version_is_gone_on_with(path: Path) -> None:
    """Else all past days would be gone with an update."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as old:
        old.executescript(VERSION_1)
        news = zlib.compress(json.dumps(asdict(News(Item("1", "Ein Satz."), "Bote"))).encode())
        old.execute("INSERT INTO article VALUES ('1', 'bote', NULL, 'v1', 1, ?)", [news])
        old.commit()
    with State(path, TODAY) as state:
        state.keep_brief(BRIDGE, {}, {"id": "1"})
        state.forget()
        assert state.article("1") == Kept(News(Item("1", "Ein Satz."), "Bote"), "v1")
    with aged(path, KEPT.days + 1) as state:
        state.forget()
        assert state.article("1") is None


def test_one_run_at_a_time(path: Path) -> None:
    """Two runs would each fetch and translate everything."""
    with State(path):
        assert "another run is working with" in refused(path)
    with State(path):
        pass


def test_killed_at_any_moment_what_was_kept_is_there(path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from datetime import date\n"
        "from depesche.daily.state import State\n"
        "state = State(Path(sys.argv[1])); state.keep_digest('out', date(2026, 11, 21), {'a': 1})\n"
        "state._db.execute('BEGIN'); state._db.execute('DELETE FROM digest'); os._exit(9)\n"
    )
    assert subprocess.run([sys.executable, "-c", script, str(path)], check=False).returncode == 9
    with State(path) as state:
        assert state.digest("out", date(2026, 11, 21)) == {"a": 1}


def test_a_damaged_file_is_told(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database at all " * 1000)
    assert "is damaged" in refused(path)
    assert path.read_bytes().startswith(b"no database"), "it was someone's"


def test_a_page_that_is_damaged_is_told_where_it_is_read(path: Path) -> None:
    with State(path) as state:
        for number in range(200):
            text = "".join(chr(65 + (number * 7 + i * i) % 58) for i in range(4000))
            state.keep_digest("out", date(2026, 1, 1) + timedelta(days=number), {"text": text})
    data = bytearray(path.read_bytes())
    data[8192:40960] = b"\xff" * 32768
    path.write_bytes(data)
    with pytest.raises(OutputError, match="move it away to begin anew"), State(path) as state:
        list(state.digests("out"))


def test_a_file_of_another_program(path: Path) -> None:
    path.parent.mkdir()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE bookmark (url TEXT)")
    other.close()
    assert "another program's" in refused(path)


def test_a_file_of_a_later_version(path: Path) -> None:
    State(path).__exit__()
    later = sqlite3.connect(path)
    later.execute("PRAGMA user_version = 99")
    later.close()
    assert "of a later depesche" in refused(path)


def test_a_place_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot create" in refused(tmp_path / "file" / "state")
    (tmp_path / "folder").mkdir()
    assert "cannot write" in refused(tmp_path / "folder")


def test_a_full_disk_keeps_what_was_there(path: Path) -> None:
    with State(path) as state:
        state.keep_digest("out", date(2026, 11, 21), {"a": 1})
        pages = state._db.row("PRAGMA page_count")[0]
        state._db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(OutputError, match="full"):
            state.keep_digest("out", date(2026, 11, 22), {"a": [f"{i * i}" for i in range(50_000)]})
        assert state.digest("out", date(2026, 11, 21)) == {"a": 1}
