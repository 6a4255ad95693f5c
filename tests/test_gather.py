"""The news of a day from good and bad sources: each article once, and nothing lost silently."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from depesche import fetch
from depesche.daily import gather as gathering
from depesche.daily.gather import Gathered
from depesche.daily.news import Miss, Source
from depesche.daily.state import State
from tests.gathering import NOON, SINCE, TODAY, UNTIL, only, rss, run, titles
from tests.newsroom import Newsroom, article, articles, page
from tests.web import Answer

pytestmark = pytest.mark.usefixtures("quick")


# The same article


def test_one_article_of_several_feeds(room: Newsroom, state: State) -> None:
    piece = article(0, NOON)
    first = room.publish([piece], "weserbote")
    url = f"{room.url}/weserbote{piece.path}"
    for number, item in enumerate(
        (
            f"<link>{url}?utm_medium=feed&amp;utm_source=x#ref=rss</link>",
            f"<link>{url}/</link>",
            f"<link>{room.url}/r/1</link>",  # leads there
            f"<link>{room.url}/copy</link>",  # has the same text
            f"<link>{room.url}/other</link><guid>{piece.slug}</guid>",
        )
    ):
        room.answers[f"/feed{number}"] = rss(f"<title>Anders</title>{TODAY}{item}")
    room.answers["/r/1"] = Answer(status=301, headers={"Location": url})
    room.put("/copy", page(piece, "Weserbote"))
    feeds = [first, *(f"{room.url}/feed{number}" for number in range(5))]
    assert titles(run(state, *feeds)) == [piece.headline]
    assert room.asked().count(f"/weserbote{piece.path}?utm_source=rss") == 1


def test_one_text_of_two_publishers_stays_two(
    room: Newsroom, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An agency's report in two papers is reported by both."""
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("127.0.0.1", 0))])
    piece = article(0, NOON)
    first, second = room.publish([piece], "weserbote"), room.publish([piece], "kurier")
    second_site = room.url.replace("127.0.0.1", "kurier.example")
    feed = room.answers["/kurier/feed"]
    body = feed.body.replace(room.url.encode(), second_site.encode())
    room.answers["/kurier/feed"] = replace(feed, body=body)
    assert [one.publisher for one in run(state, first, second).news] == ["Weserbote", "Nordkurier"]


def test_ids_are_a_feeds_own(room: Newsroom, state: State) -> None:
    """Two small feeds may both begin to count at 1."""
    for name in "ab":
        room.answers[f"/{name}"] = rss(
            f"<title>{name}</title><guid>1</guid>{TODAY}<description>Text {name}.</description>"
        )
    assert titles(run(state, f"{room.url}/a", f"{room.url}/b")) == ["a", "b"]


def test_a_feed_that_gives_all_its_articles_one_id(room: Newsroom, state: State) -> None:
    """The rest would be taken for copies of the first, and so for teasers that are alike."""
    items = (
        f"<title>{n}</title><link>{room.url}/{n}</link><guid>Bote</guid>{TODAY}"
        "<description>Mehr dazu hier.</description>"
        for n in (1, 2)
    )
    room.answers["/feed"] = rss(*items)
    assert titles(run(state, f"{room.url}/feed")) == ["1", "2"]


GUID = "<guid isPermaLink='false'>{0}</guid>"


@pytest.mark.parametrize(
    "item",
    [
        "<title>Kurz gemeldet {0}</title><link>{1}</link>" + GUID,
        "<title>Eilmeldung</title><link>{1}</link>" + GUID,
        "<title>Kurz gemeldet {0}</title><link>{1}</link>",
        "<title>Kurz gemeldet {0}</title><link>{1}</link><guid>{1}</guid>",
        "<title>Kurz gemeldet {0}</title><link>{1}#eintrag-{0}</link>" + GUID,
        "<link>{1}</link><guid>{1}</guid>",
        "<title>Kurz gemeldet {0}</title><link>javascript:1</link>" + GUID,
        "<title>Kurz gemeldet {0}</title><guid isPermaLink='false'>Ticker</guid>",
        "<title>Kurz gemeldet {0}</title>",
    ],
)
def test_a_feed_whose_articles_share_a_link_or_have_none(
    room: Newsroom, state: State, item: str
) -> None:
    """A ticker of forty messages would be one article, and nobody would know of the others."""
    link = room.put("/ticker", page(article(0, NOON), "Bote"))
    said = [f"Um {hour} Uhr ist das Wasser im Hafen weiter gestiegen." for hour in (9, 10, 11)]
    room.answers["/feed"] = rss(
        *(
            f"{item.format(n, link)}{TODAY}<description>{text}</description>"
            for n, text in enumerate(said)
        )
    )
    found = run(state, f"{room.url}/feed")
    assert [one.item.text for one in found.news] == said
    assert len({one.item.id for one in found.news}) == 3
    for one in found.news:
        assert one.excerpt in (
            "the feed has the same link for several articles",
            "the feed has no link to the article",
        )
        assert (one.item.url is None) == (link not in item.format(0, link)), "for the reader"
    room.asked()
    assert run(state, f"{room.url}/feed") == found
    assert room.asked() == ["/feed"]


@pytest.mark.parametrize(
    "again",
    [
        "<title>{0.headline}</title><link>{1}</link><guid>{0.slug}</guid>",
        "<title>{0.headline}</title><link>{1}?utm_source=x</link><guid>{0.slug}</guid>"
        "<description>Mit neuem Anreißer.</description>",
        "<title>{0.headline}</title><link>{1}#kommentare</link><guid>anders</guid>",
    ],
)
def test_an_article_that_a_feed_lists_again_is_one(
    room: Newsroom, state: State, again: str
) -> None:
    """Else it would be read twice, and only as far as the teaser goes."""
    piece = article(0, NOON)
    link = room.put("/a", page(piece, "Bote"))
    first = "<title>{0.headline}</title><link>{1}</link><guid>{0.slug}</guid>"
    items = (f"{one.format(piece, link)}{TODAY}" for one in (first, again))
    room.answers["/feed"] = rss(*items)
    assert only(run(state, f"{room.url}/feed")).item.text == "\n\n".join(piece.paragraphs)


# Sources


def test_sources_in_their_order_each_newest_first(room: Newsroom, state: State) -> None:
    """Else two runs would make two digests of the same news."""
    late, *early = articles(3, NOON)
    first = room.publish([*early, late], "weserbote", "atom")
    second = room.publish(articles(2, NOON, first=7), "tageblatt", "rdf")
    slow = room.answers["/weserbote/feed"]
    room.answers["/weserbote/feed"] = replace(slow, drip=0.0001)
    expected = [one.headline for one in (*articles(3, NOON), *articles(2, NOON, first=7))]
    assert titles(run(state, first, second)) == expected


def test_only_what_was_published_in_the_window(room: Newsroom, state: State) -> None:
    times = [SINCE - timedelta(seconds=1), SINCE, UNTIL - timedelta(seconds=1), UNTIL]
    pieces = [article(number, time) for number, time in enumerate(times)]
    found = run(state, room.publish(pieces, "weserbote"))
    assert titles(found) == [pieces[2].headline, pieces[1].headline]
    assert len(room.asked()) == 3, "pages of other days are not even fetched"


def test_undated_articles_come_last_and_undated(room: Newsroom, state: State) -> None:
    pieces = [article(0, None), article(1, NOON)]
    found = run(state, room.publish(pieces, "weserbote"))
    assert [one.item.published for one in found.news] == [NOON, None]


def test_a_dead_source_stops_nothing(room: Newsroom, state: State) -> None:
    room.answers["/page"] = Answer(b"<!DOCTYPE html><html><body>Hallo</body></html>")
    room.answers["/bomb"] = Answer(b"\x00\x01" * 500)
    room.answers["/elsewhere"] = Answer(status=302, headers={"Location": "file:///etc/passwd"})
    good = room.publish(articles(2, NOON), "weserbote")
    bad = [f"{room.url}/{path}" for path in ("gone", "page", "bomb", "elsewhere")]
    found = run(state, *bad, good, Source("nichts", "Mappe"), "nirgends")
    assert len(found.news) == 2
    assert found.dead == found.misses
    assert [(miss.source, miss.reason, miss.title) for miss in found.misses] == [
        (bad[0], "the server answered 404 Not Found", None),
        (bad[1], "it is a web page, not a feed", None),
        (bad[2], "it is binary, not a text", None),
        (bad[3], "only http and https URLs are read, not file:/etc/passwd", None),
        ("Mappe", "nichts: no such file or folder", None),
        ("nirgends", "no such file or folder", None),
    ]


BOMB = '<!DOCTYPE rss [<!ENTITY a0 "Bumm">' + "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)
)


@pytest.mark.parametrize(
    "change",
    [
        lambda a, url: replace(a, headers={"Content-Type": "image/png"}),
        lambda a, url: replace(a, headers={"Content-Type": "text/html; charset=utf-8"}),
        lambda a, url: replace(a, body=gzip.compress(a.body), headers={"Content-Encoding": "gzip"}),
        lambda a, url: replace(a, body=a.body.decode().replace("UTF-8", "ascii").encode("latin-1")),
        lambda a, url: replace(a, body=a.body.replace(url, b"")),
        lambda a, url: replace(a, body=a.body.replace(b"<title>", b"<title>&lt;b&gt;&lt;/b&gt;")),
        lambda a, url: replace(a, body=a.body.replace(b"<rss", f"{BOMB}]><rss".encode())),
        lambda a, url: replace(a, body=a.body.replace(b"</channel></rss>", b"")),
        lambda a, url: Answer(status=503, then=a),
    ],
    ids="type html gzip latin-1 relative markup bomb broken retry".split(),
)
def test_feeds_as_servers_send_them(
    room: Newsroom, state: State, change: Callable[[Answer, bytes], Answer]
) -> None:
    piece = replace(article(0, NOON), headline="Übermut in Grünau")
    feed = room.publish([piece], "weserbote")
    good = room.answers["/weserbote/feed"]
    room.answers["/weserbote/feed"] = change(good, room.url.encode())
    news = only(run(state, feed))
    assert (news.item.title, news.excerpt, news.source) == (piece.headline, None, "Weserbote")


def test_slow_and_endless_feeds(
    room: Newsroom, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "SECONDS_TOTAL", 1.5)
    monkeypatch.setattr(fetch, "MAX_BYTES", 1_000_000)
    good = room.publish(articles(2, NOON), "weserbote")
    room.answers["/slow"] = Answer(b"<rss/>" * 1000, drip=0.01)
    room.answers["/for-ever"] = Answer(headers={"Content-Type": "text/xml"})
    found = run(state, f"{room.url}/slow", f"{room.url}/for-ever", good)
    assert len(found.news) == 2
    assert [miss.reason.split(" than ")[0] for miss in found.misses] == [
        "the server took more",
        "it is larger",
    ]


def test_a_feed_that_is_down_has_what_it_had(room: Newsroom, state: State) -> None:
    feed = room.publish(articles(2, NOON), "weserbote")
    before = run(state, feed)
    room.answers["/weserbote/feed"] = Answer(status=503)
    after = run(state, feed)
    assert after.news == before.news
    assert after.misses == (Miss("Weserbote", "the server answered 503 Service Unavailable"),)


def test_a_feed_that_is_down_and_was_kept_by_an_earlier_version(
    room: Newsroom, state: State
) -> None:
    feed = room.publish(articles(1, NOON), "weserbote")
    state.keep_feed(feed, fetch.Download(feed, b"what was a feed then", "", None))
    room.answers["/weserbote/feed"] = Answer(status=404)
    dead = (Miss(feed, "the server answered 404 Not Found"),)
    assert run(state, feed) == Gathered((), dead, dead)


def test_the_newest_as_far_as_the_limit_goes(room: Newsroom, state: State) -> None:
    pieces = articles(5, NOON)
    feed = room.publish(pieces[::-1], "weserbote")
    found = run(state, Source(feed, limit=2))
    assert titles(found) == [one.headline for one in pieces[:2]]
    assert not found.misses
    assert len(room.asked()) == 3


def test_a_source_without_a_limit_has_one(
    room: Newsroom, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A feed of 5,000 articles is no reason to fetch them all, but one to say so."""
    monkeypatch.setattr(gathering, "MAX_ARTICLES", 3)
    feed = room.publish([article(n, NOON - timedelta(seconds=n)) for n in range(5000)], "kurier")
    found = run(state, feed)
    assert len(found.news) == 3
    assert [miss.source for miss in found.misses] == ["Nordkurier"]
    assert "only its newest 3 articles were taken" in found.misses[0].reason
    assert len(room.asked()) == 4


def test_a_feed_in_a_file(room: Newsroom, state: State, tmp_path: Path) -> None:
    piece = article(0, NOON)
    room.publish([piece], "weserbote")
    file = tmp_path / "gespeichert.xml"
    file.write_bytes(room.answers["/weserbote/feed"].body)
    assert only(run(state, str(file))).item.text == "\n\n".join(piece.paragraphs)


def test_a_folder_and_files_of_rows(state: State, tmp_path: Path) -> None:
    """Files are dated by what they say, never by when they were saved."""
    folder = tmp_path / "eigene"
    folder.mkdir()
    (folder / "notiz.txt").write_text("Ein Text ohne Datum.", encoding="utf-8")
    piece = article(3, NOON)
    (folder / "seite.html").write_text(page(piece, "Bote"), encoding="utf-8")
    rows = [
        {"id": "7", "text": "Von heute.", "date": "22.11.2026"},
        {"id": "8", "text": "Von gestern.", "date": "2026-11-21T22:59:59Z"},
        {"id": "9", "text": "Auch von heute.", "date": "2026-11-21T23:00:00Z"},
        {"text": 3},
    ]
    lines = "\n".join(map(json.dumps, rows)).encode()
    (tmp_path / "tag.jsonl.gz").write_bytes(gzip.compress(lines))
    found = run(state, Source(str(folder), "Eigene"), str(tmp_path / "tag.jsonl.gz"))
    assert [(one.item.id, one.item.published, one.source) for one in found.news] == [
        ("Eigene/seite.html", NOON, "Eigene"),
        ("Eigene/notiz.txt", None, "Eigene"),
        ("tag.jsonl.gz/7", SINCE, "tag.jsonl.gz"),
        ("tag.jsonl.gz/9", SINCE, "tag.jsonl.gz"),
    ]
    assert found.misses == (Miss("tag.jsonl.gz", "its text is no string", "tag.jsonl.gz:4"),)


def test_a_broken_archive_is_told_in_a_few_lines(state: State, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("{}\n" * 1000, encoding="utf-8")
    found = run(state, str(tmp_path / "a.jsonl"))
    assert len(found.misses) == gathering.MAX_FAILURES + 1
    assert found.misses[-1].reason == "980 more of its articles cannot be read"
