"""`depesche daily` as it runs every morning: what it leaves, whatever goes wrong meanwhile."""

import json
import multiprocessing
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import seq2seq
from depesche.cli.loading import Runtime
from depesche.daily.config import sources_of
from depesche.daily.news import Digest
from depesche.daily.run import Order, run
from depesche.daily.state import KEPT, State
from depesche.daily.window import Window
from depesche.pipeline import Pipeline
from summarize import load
from tests import daily_child
from tests.fake import FakeModel
from tests.newsroom import Newsroom, Piece, article, articles
from tests.web import Answer
from translate import Translator

Run = Callable[..., tuple[int, str, str]]

EVENING = datetime(2024, 11, 20, 18, 30, tzinfo=UTC)
DAY, NEXT = "2024-11-20", "2024-11-21"


@pytest.fixture
def bundled(command: Run) -> Run:
    """Runs the command with the bundled models: its exit code, stdout and stderr."""
    return lambda *arguments: command("daily", *arguments, "--bundled", "--allow-private")


@pytest.fixture
def daily(bundled: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The same with a model that says everything again, which is fast and keeps names."""
    monkeypatch.setattr(Runtime, "model", lambda *_: FakeModel(reply=str))
    return bundled


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the digests, below the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "public"


def held(folder: Path) -> dict[str, bytes]:
    """All files of a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def digest(folder: Path, day: str = DAY) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / f"{day}.json").read_bytes())
    return found


def reports(folder: Path, day: str = DAY) -> dict[str, dict[str, Any]]:
    """What a day has, by its German headlines; the model here does not tell stories apart."""
    entries = digest(folder, day)["entries"]
    found = [report for entry in entries for report in (entry["lead"], *entry["others"])]
    return {report["brief"]["title"]["de"]: report for report in found}


def unlike(number: int, published: datetime) -> Piece:
    """An article that has no word in common with others."""
    draw = random.Random(number)
    words = ["".join(draw.choices("abdeiklmnorstu", k=7)) for _ in range(90)]
    texts = tuple(" ".join(words[at : at + 30]).capitalize() + "." for at in (0, 30, 60))
    return Piece(f"{number}", words[0].title(), "Ort", words[1].title(), texts, published)


def test_the_second_run_of_a_day_changes_nothing_and_asks_nobody(
    room: Newsroom, bundled: Run, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    piece = article(0, EVENING)
    feed = room.publish([piece], "weserbote")
    code, said, err = bundled(feed, "-o", out, "--date", DAY, "--beam", "1")
    assert (code, said) == (0, "")
    assert err == f"depesche: {Path('public', DAY)}.html (sources: 1, articles: 1, stories: 1)\n"
    assert reports(out).keys() == {piece.headline}
    before = held(out)
    room.asked()

    def refuse(*_: object) -> None:
        pytest.fail("a model was loaded")

    monkeypatch.setattr(seq2seq.model, "_ctranslate2", refuse)
    assert bundled(feed, "-o", out, "--date", DAY, "--beam", "1")[0] == 0
    assert held(out) == before
    assert room.asked() == ["/weserbote/feed"]


def test_a_digest_that_would_say_the_same_stays_as_it_was(room: Newsroom, out: Path) -> None:
    """An hour later, too; what is new since then makes it cover more, and lose nothing."""
    chain = Pipeline(Translator(FakeModel(reply=str)), load("extract"), words=60)
    first_piece = article(0, EVENING - timedelta(hours=23))
    feed = room.publish([first_piece], "weserbote")
    state = out.with_name("public.state")

    def made(hours: int) -> Digest:
        until = EVENING + timedelta(hours=hours)
        covered = Window(EVENING.date(), until - timedelta(days=1), until, is_over=False)
        order = Order(covered, sources_of([feed]), out, state, allow_private=True)
        return run(order, chain)

    first = made(1)
    before = held(out)
    assert (made(2), held(out)) == (first, before)
    room.publish([article(1, EVENING + timedelta(hours=2)), first_piece], "weserbote")
    last = made(3)
    assert (last.since, last.until) == (first.since, EVENING + timedelta(hours=3))
    assert len(reports(out)) == 2


def test_folder_and_state_may_move_together(
    room: Newsroom, daily: Run, out: Path, tmp_path: Path
) -> None:
    """Otherwise the index would forget all days before."""
    feed = room.publish([article(0, EVENING), article(1, EVENING - timedelta(days=1))], "weserbote")
    assert daily(feed, "-o", out, "--date", "2024-11-19")[0] == 0
    assert daily(feed, "-o", out, "--date", DAY)[0] == 0
    before = held(out)
    assert b"2024-11-19" in before["index.html"]
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    out.rename(moved / "public")
    Path("public.state").rename(moved / "public.state")
    assert daily(feed, "-o", moved / "public", "--date", DAY)[0] == 0
    assert held(moved / "public") == before


def test_a_story_comes_again_only_with_what_is_new(room: Newsroom, daily: Run, out: Path) -> None:
    """And a past day, made again, knows nothing of what came after it."""
    first = article(0, EVENING)
    feed = room.publish([first], "weserbote")
    assert daily(feed, "-o", out, "--date", DAY)[0] == 0
    before = held(out)
    arrest = "Die Polizei in Hamburg hat nach Angaben von Erika Sommer 17 Zeugen aus Bremen gehört."
    later = replace(
        first,
        slug="nachtrag",
        paragraphs=(*first.paragraphs, arrest),
        published=EVENING + timedelta(days=1),
    )
    room.publish([later, article(1, EVENING + timedelta(days=1))], "weserbote")
    assert daily(feed, "-o", out, "--date", NEXT)[0] == 0
    update = next(entry for entry in digest(out, NEXT)["entries"] if entry["told"])
    assert update["told"] == DAY
    assert "17" in " ".join(update["update"])
    assert daily(feed, "-o", out, "--date", DAY)[0] == 0
    assert {name: data for name, data in held(out).items() if DAY in name} == {
        name: data for name, data in before.items() if DAY in name
    }


def test_what_says_no_date_is_of_the_day_it_was_first_seen(
    room: Newsroom, daily: Run, out: Path
) -> None:
    """Not of a past day that is made again."""
    dated, undated = article(0, EVENING), article(1, None)
    feed = room.publish([dated, undated], "weserbote")
    assert daily(feed, "-o", out, "--date", DAY)[0] == 0
    (entry,) = digest(out)["undated"]
    assert entry["lead"]["brief"]["title"]["de"] == undated.headline
    before = held(out)
    room.publish([dated, article(2, None)], "weserbote")
    assert daily(feed, "-o", out, "--date", DAY)[0] == 0
    assert held(out) == before


def test_a_dead_feed_costs_that_feed_and_is_told(room: Newsroom, daily: Run, out: Path) -> None:
    feed, dead = room.publish(articles(2, EVENING), "weserbote"), f"{room.url}/tot.xml"
    code, _, err = daily(feed, dead, "-o", out, "--date", DAY)
    assert code == 1
    assert f"missing: {dead}: the server answered 404" in err
    assert "missing: 1)" in err
    assert len(reports(out)) == 2
    assert [miss["source"] for miss in digest(out)["misses"]] == [dead]


def test_a_folder_that_is_not_there_costs_that_folder_and_is_told(
    room: Newsroom, daily: Run, out: Path
) -> None:
    """A disk that is not mounted one morning must not cost the whole brief."""
    feed = room.publish(articles(2, EVENING), "weserbote")
    code, _, err = daily("nowhere", feed, "-o", out, "--date", DAY)
    assert code == 1
    assert "depesche: missing: nowhere: no such file or folder\n" in err
    assert len(reports(out)) == 2
    code, said, _ = daily("nowhere", feed, "-o", out, "--date", DAY, "--check")
    assert code == 1
    assert "-- nowhere: no such file or folder\n" in said


def test_where_no_source_can_be_read_nothing_is_written(
    room: Newsroom, daily: Run, out: Path
) -> None:
    """A morning without a network must not replace the page by an empty one."""
    dead = f"{room.url}/tot.xml"
    code, _, err = daily(dead, dead, "nowhere", "-o", out, "--date", DAY)
    assert (code, err.count("\n"), out.exists()) == (2, 1, False)
    assert "no source could be read" in err


def test_a_day_without_news_has_a_digest(room: Newsroom, daily: Run, out: Path) -> None:
    feed = room.publish(articles(2, EVENING), "weserbote")
    code, _, err = daily(feed, "-o", out, "--date", "2024-11-01")
    assert code == 0
    assert "articles: 0, stories: 0)" in err
    assert digest(out, "2024-11-01")["entries"] == []


def test_a_broken_page_and_an_english_article_cost_no_other(
    room: Newsroom, daily: Run, out: Path
) -> None:
    pieces = articles(3, EVENING)
    feed = room.publish(pieces, "weserbote")
    room.answers[f"/weserbote{pieces[1].path}"] = Answer(b"", status=410)
    english = "The council met on Monday and the people of the town said that they were happy."
    Path("articles").mkdir()
    Path("articles/english.txt").write_text(english, encoding="utf-8")
    code, _, err = daily(feed, "articles", "-o", out, "--date", DAY)
    assert code == 1
    assert "missing: articles: " in err
    found = reports(out)
    assert found.keys() == {piece.headline for piece in pieces}
    assert found[pieces[1].headline]["excerpt"]


def test_a_full_disk_leaves_the_files_of_yesterday(room: Newsroom, daily: Run, out: Path) -> None:
    resource = pytest.importorskip("resource", reason="file size limits are POSIX only")
    feed = room.publish(articles(2, EVENING), "weserbote")
    assert daily(feed, "-o", out, "--date", DAY)[0] == 0
    before = held(out)
    room.publish(articles(6, EVENING + timedelta(days=1), first=9), "weserbote")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    for most in (Path("public.state").stat().st_size, 1 << 14):
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
        try:
            code, _, err = daily(feed, "-o", out, "--date", NEXT)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert (code, err.count("\n")) == (2, 1), err
        assert "cannot " in err
        assert held(out) == before
    assert daily(feed, "-o", out, "--date", NEXT)[0] == 0
    assert len(reports(out, NEXT)) == 6


def test_where_nothing_may_be_written_it_is_said_in_a_line(
    room: Newsroom, daily: Run, out: Path
) -> None:
    feed = room.publish(articles(1, EVENING), "weserbote")
    Path("file").touch()
    for wrong in (["-o", "file"], ["-o", "file/public"], ["--state", "file/state"]):
        code, _, err = daily(feed, *wrong, "--date", DAY)
        assert (code, err.count("\n")) == (2, 1), err
        assert "cannot " in err
        assert not Path("file.state").exists()


def test_what_could_not_be_written_was_not_told(room: Newsroom, daily: Run, out: Path) -> None:
    """The next day's digest would leave out stories that nobody could read."""
    pieces = articles(2, EVENING)
    feed = room.publish(pieces, "weserbote")
    (out / f"{DAY}.html").mkdir(parents=True)
    assert daily(feed, "-o", out, "--date", DAY)[0] == 2
    with State(Path("public.state")) as state:
        assert state.digest("public", datetime.fromisoformat(DAY).date()) is None
    assert daily(feed, "-o", out, "--date", NEXT, "--since", "2d")[0] == 0
    assert reports(out, NEXT).keys() == {piece.headline for piece in pieces}


def test_a_day_whose_articles_are_forgotten_stays_as_it_was(
    room: Newsroom, daily: Run, out: Path
) -> None:
    """Made again, it would have lost what its feeds have dropped since."""
    feed = room.publish(articles(3, EVENING), "weserbote")
    assert daily(feed, "-o", out, "--date", DAY)[0] == 0
    before = held(out)
    with State(Path("public.state"), datetime.now(UTC).date() + 2 * KEPT) as state:
        state.forget()
    room.publish(articles(1, EVENING), "weserbote")
    code, _, err = daily(feed, "-o", out, "--date", DAY)
    assert (code, err.count("\n"), held(out)) == (2, 1, before)
    assert f"what feeds had until {DAY} is forgotten" in err
    code, said, _ = daily(feed, "-o", out, "--date", DAY, "--check")
    assert code == 2
    assert "-- what feeds had until" in said
    room.publish([article(1, EVENING + timedelta(days=1))], "weserbote")
    assert daily(feed, "-o", out, "--date", NEXT)[0] == 0
    assert DAY.encode() in held(out)["index.html"]
    Path("eigene").mkdir()
    assert daily("eigene", "-o", "own", "--state", "public.state", "--date", DAY)[0] == 0


def test_two_runs_at_once_do_not_mix(room: Newsroom, daily: Run, out: Path) -> None:
    feed = room.publish(articles(1, EVENING), "weserbote")
    with State(Path("public.state")):
        code, _, err = daily(feed, "-o", out, "--date", DAY)
    assert (code, err.count("\n"), out.exists()) == (2, 1, False)
    assert "another run" in err
    assert daily(feed, "-o", out, "--date", DAY)[0] == 0


def test_check_says_how_a_run_would_go_and_writes_nothing(
    room: Newsroom, daily: Run, out: Path
) -> None:
    feed, dead = room.publish(articles(2, EVENING), "weserbote"), f"{room.url}/tot.xml"
    code, said, err = daily(feed, dead, "-o", out, "--date", DAY, "--check")
    assert (code, err) == (1, "")
    assert "ok Weserbote: 2 articles, 2 of this time, the newest of 20 Nov 2024 19:30" in said
    assert f"-- {dead}: the server answered 404" in said
    assert "ok mini: here" in said
    assert f"ok {out / DAY}.html: would be written" in said
    assert {*room.asked()} == {"/weserbote/feed", "/tot.xml"}
    assert [*out.parent.iterdir()] == []
    assert daily(dead, "-o", out, "--check")[0] == 2
    assert daily(feed, "-o", out, "--check", "--model", "nobody")[0] == 2
    code, said, _ = daily(feed, "-o", out, "--check", "--template", out.parent)
    assert code == 2
    assert f"-- {out.parent} has none of the templates" in said
    assert daily(feed, "-o", out, "--date", DAY)[0] == 0
    before = held(out) | held(out.parent)
    code, said, _ = daily(feed, "-o", out, "--date", DAY, "--check")
    assert code == 0
    assert f"ok {out / DAY}.html: there, and would be made again" in said
    assert f"ok {out}.state: has 1 day of this folder" in said
    assert held(out) | held(out.parent) == before


def test_check_says_that_of_a_folder_not_all_can_be_read(daily: Run, out: Path) -> None:
    """The digest would lack it, and the check would have called all well."""
    folder = out.parent / "articles"
    folder.mkdir()
    (folder / "gut.txt").write_text("Der Zoo freut sich.", encoding="utf-8")
    (folder / "leer.txt").touch()
    code, said, _ = daily(folder, "-o", out, "--check")
    assert code == 1
    assert f"-- {folder}: 1 article, 0 of this time, 1 without a date, and 1 that cannot" in said


def test_what_a_feed_says_cannot_steer_the_terminal(room: Newsroom, daily: Run, out: Path) -> None:
    english = ("The weather was nice and the people went to see the old park by the river.",) * 9
    title = "They said\x9b2J\u2028 so \x9b5m"
    hostile = replace(article(0, EVENING), headline=title, paragraphs=english)
    feed = room.publish([hostile, article(1, EVENING)], "weserbote")
    code, _, err = daily(feed, "-o", out, "--date", DAY)
    assert code == 1, err
    assert "\x9b" not in err
    assert len(err.splitlines()) == 2


def test_sources_and_settings_come_from_the_file_in_the_current_folder(
    room: Newsroom, daily: Run, out: Path
) -> None:
    earlier = EVENING - timedelta(hours=1)
    weser = room.publish([unlike(n, EVENING) for n in (1, 2)], "weserbote")
    kurier = room.publish([unlike(n, earlier) for n in (3, 4)], "kurier", "atom")
    Path("depesche.toml").write_text(
        f'output = "public"\nmax = 3\ncategories = ["Nord"]\n[[source]]\naddress = "{weser}"\n'
        f'[[source]]\naddress = "{kurier}"\ntitle = "Aus dem Norden"\ncategory = "Nord"\n',
        encoding="utf-8",
    )
    code, _, err = daily("--date", DAY, "--force")
    assert code == 0
    assert "stories: 3, left out by --max: 1)" in err
    found = digest(out)
    sources = [entry["lead"]["source"] for entry in found["entries"]]
    assert sources == ["Aus dem Norden", "Aus dem Norden", "Weserbote"]
    assert (found["omitted"], found["sources"]) == (1, {"Weserbote": 2, "Aus dem Norden": 2})
    assert daily("--date", DAY, "--force", "--max", "9")[0] == 0
    assert len(digest(out)["entries"]) == 4


def test_the_sample_configuration_makes_a_digest(daily: Run, out: Path) -> None:
    """Whoever starts from it sees at once what it does, without a network."""
    sample = Path(__file__).parents[1] / "samples" / "depesche.toml"
    code, _, err = daily("--config", sample, "--date", "2026-11-20", "-o", out)
    assert code == 0, err
    assert "sources: 2, articles: 4" in err
    assert b"The morning brief" in (out / "2026-11-20.html").read_bytes()


def test_what_cannot_be_asked_for_is_one_line(daily: Run, out: Path) -> None:
    for wrong, part in (
        ([], "no source"),
        (["nowhere"], "nowhere: no such file or folder"),
        (["bote.example"], "; the address of a feed begins with https://"),
        ([".", "--date", "20.11."], "is no date"),
        ([".", "--tz", "Mars"], "no time zone"),
        ([".", "--config", "none.toml"], "none.toml"),
    ):
        code, said, err = daily(*wrong)
        assert (code, said, err.count("\n")) == (2, "", 1), err
        assert part in err


def test_a_run_that_is_killed_goes_on_where_it_was(room: Newsroom, out: Path) -> None:
    """What it has translated is not translated again, and the digest is the same."""
    feed, state = room.publish(articles(6, EVENING), "weserbote"), out.with_name("public.state")
    context = multiprocessing.get_context("spawn")
    begun = context.Value("i", 0)
    process = context.Process(target=daily_child.run, args=(feed, DAY, out, 0.3, begun))
    process.start()
    while begun.value < 3:
        time.sleep(0.02)
        assert process.is_alive()
    process.kill()
    process.join()
    done = daily_child.briefs(state)
    assert 2 <= done < 6
    assert not out.exists()
    assert daily_child.run(feed, DAY, out, 0) == 6 - done
    whole = out.with_name("whole")
    assert daily_child.run(feed, DAY, whole, 0) == 6
    assert held(out) == held(whole)
