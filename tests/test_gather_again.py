"""What later runs of a day, and runs long after it, get from its sources and from the state."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from depesche.daily.gather import Gathered, gather
from depesche.daily.links import identity
from depesche.daily.news import Source
from depesche.daily.state import KEPT, State
from tests.gathering import NOON, SINCE, UNTIL, only, run, titles
from tests.newsroom import Newsroom, article, articles, page
from tests.web import Answer

pytestmark = pytest.mark.usefixtures("quick")


def test_the_second_run_asks_only_whether_feeds_have_changed(room: Newsroom, state: State) -> None:
    sources = [
        room.publish([*articles(4, NOON), article(9, None)], "weserbote"),
        room.publish(articles(4, NOON, first=4), "tageblatt", "atom"),
    ]
    before = run(state, *sources)
    assert len(room.asked()) == 11
    assert run(state, *sources) == before
    assert sorted(room.asked()) == ["/tageblatt/feed", "/weserbote/feed"]


def test_what_is_new_is_added(room: Newsroom, state: State) -> None:
    old = articles(3, NOON)
    run(state, room.publish(old, "weserbote"))
    new = article(7, NOON + timedelta(hours=1))
    room.asked()
    found = run(state, room.publish([new, *old], "weserbote"))
    assert titles(found) == [new.headline, *(one.headline for one in old)]
    assert len(room.asked()) == 2


def test_what_a_feed_has_dropped_since_is_still_of_the_day(room: Newsroom, state: State) -> None:
    first, second = articles(2, NOON)
    run(state, room.publish([first, second], "weserbote"))
    found = run(state, room.publish([first], "weserbote"))
    assert titles(found) == [first.headline, second.headline]


def test_what_has_changed_is_fetched_again(room: Newsroom, state: State) -> None:
    piece = article(0, NOON)
    run(state, room.publish([piece], "weserbote"))
    room.asked()
    later = replace(piece, paragraphs=(*piece.paragraphs, "Nachtrag: Es ist alles ganz anders."))
    later = replace(later, published=NOON + timedelta(hours=2))
    news = only(run(state, room.publish([later], "weserbote")))
    assert "Nachtrag" in news.item.text
    assert len(room.asked()) == 2


def test_a_failure_that_may_pass_is_tried_in_the_next_run(room: Newsroom, state: State) -> None:
    piece = article(0, NOON)
    feed = room.publish([piece], "weserbote")
    good = room.answers["/weserbote" + piece.path]
    room.answers["/weserbote" + piece.path] = Answer(status=500)
    assert only(run(state, feed)).excerpt == "the server answered 500 Internal Server Error"
    room.answers["/weserbote" + piece.path] = good
    assert only(run(state, feed)).excerpt is None


def test_a_change_that_cannot_be_fetched_leaves_what_was(room: Newsroom, state: State) -> None:
    piece = article(0, NOON)
    before = only(run(state, room.publish([piece], "weserbote")))
    feed = room.publish([replace(piece, published=NOON + timedelta(hours=2))], "weserbote")
    room.answers["/weserbote" + piece.path] = Answer(status=500)
    assert only(run(state, feed)).item.text == before.item.text


def test_other_titles_and_categories_need_no_fetching(room: Newsroom, state: State) -> None:
    feed = room.publish([article(0, NOON)], "weserbote")
    run(state, feed)
    news = only(run(state, Source(feed, "Mein Bote", "Region")))
    assert (news.source, news.category) == ("Mein Bote", "Region")


def test_a_run_that_is_broken_off_goes_on(room: Newsroom, state: State) -> None:
    """What has been fetched is kept at once."""
    feed = room.publish(articles(6, NOON), "weserbote")

    def stop(done: int, of: int) -> None:
        if done == 4:
            assert of == 7
            raise RuntimeError("broken off")

    with pytest.raises(RuntimeError, match="broken off"):
        gather([Source(feed)], state, SINCE, UNTIL, allow_private=True, progress=stop)
    kept = set(state.articles(feed, SINCE, UNTIL))
    assert len(kept) >= 3
    room.asked()
    assert len(run(state, feed).news) == 6
    assert kept.isdisjoint(identity(room.url + path) for path in room.asked())


def test_progress(room: Newsroom, state: State) -> None:
    feed = room.publish(articles(2, NOON), "weserbote")
    told: list[tuple[int, int]] = []
    gather(
        [Source(feed)],
        state,
        SINCE,
        UNTIL,
        allow_private=True,
        progress=lambda done, of: told.append((done, of)),
    )
    assert told == [(1, 1), (2, 3), (3, 3)]


# Long after


def after(path: Path, *addresses: str | Source) -> Gathered:
    """The news of the same day, as a run would have it that comes when much is forgotten."""
    with State(path, SINCE.date() + 2 * KEPT) as state:
        found = run(state, *addresses)
        state.forget()
        return found


def test_what_a_feed_still_has_is_never_new_again(room: Newsroom, tmp_path: Path) -> None:
    """However old it is, whoever answers, and however many articles are taken."""
    path = tmp_path / "long"
    pieces = [article(number, None) for number in range(3)]
    feed, dead = room.publish(pieces[:2], "weserbote"), room.publish(pieces[2:], "kurier")
    with State(path, SINCE.date()) as state:
        before = run(state, feed, dead)
    for piece in pieces[:2]:
        room.put("/weserbote" + piece.path, page(replace(piece, paragraphs=("Neu.",)), "Bote"))
    room.answers["/kurier/feed"] = Answer(status=503)
    assert len(after(path, Source(feed, limit=1), dead).news) == 2
    room.asked()
    assert after(path, feed, dead).news == before.news
    assert {*room.asked()} == {"/weserbote/feed", "/kurier/feed"}


def test_what_no_feed_has_is_forgotten(room: Newsroom, tmp_path: Path) -> None:
    path = tmp_path / "long"
    first, second = articles(2, NOON)
    with State(path, SINCE.date()) as state:
        run(state, room.publish([first, second], "weserbote"))
    other = room.publish([article(7, NOON)], "kurier")
    assert after(path, other).news
    assert titles(after(path, room.publish([first], "weserbote"))) == [first.headline]
    with State(path) as state:
        assert state.forgotten() == NOON
