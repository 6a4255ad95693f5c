"""An entry of a feed becomes an article, with all that is known of it, or says why it is none."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from depesche import fetch
from depesche.daily.gather import Gathered
from depesche.daily.news import Miss, Source
from depesche.daily.state import State
from tests.gathering import NOON, SINCE, TODAY, only, rss, run, titles
from tests.newsroom import CONSENT, Newsroom, article, articles, page
from tests.web import Answer

pytestmark = pytest.mark.usefixtures("quick")


# Articles


def test_an_article_and_all_that_is_known_of_it(room: Newsroom, state: State) -> None:
    piece = article(0, NOON)
    url = room.url + "/weserbote" + piece.path
    news = only(run(state, Source(room.publish([piece], "weserbote"), category="Region")))
    assert news.item.text == "\n\n".join(piece.paragraphs), "and no promotion"
    assert (news.item.id, news.item.url, news.item.title) == (url, url, piece.headline)
    assert news.item.published == NOON
    assert (news.source, news.category, news.publisher) == ("Weserbote", "Region", "Weserbote")
    assert (news.author, news.section) == (piece.author, piece.section)
    assert news.image == f"https://bilder.example/{piece.slug}.jpg"
    assert news.excerpt is None


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2026-11-22T08:00:00Z", NOON.replace(hour=9)),
        ("2026-11-22T08:00:00", NOON.replace(hour=8)),  # in the reader's zone
        ("2026-11-22", SINCE),
    ],
)
def test_a_page_dates_what_its_feed_does_not(
    room: Newsroom, state: State, date: str, expected: datetime
) -> None:
    piece = article(0, None)
    feed = room.publish([piece], "weserbote")
    html = page(piece, "Bote").replace('time" content=""', f'time" content="{date}"')
    room.put("/weserbote" + piece.path, html)
    assert only(run(state, feed)).item.published == expected


def test_a_page_of_another_day_is_fetched_once(room: Newsroom, state: State) -> None:
    piece = article(0, None)
    feed = room.publish([piece], "weserbote")
    room.put("/weserbote" + piece.path, page(article(0, SINCE - timedelta(days=3)), "Bote"))
    assert run(state, feed) == Gathered((), ())
    room.asked()
    assert run(state, feed) == Gathered((), ())
    assert room.asked() == ["/weserbote/feed"]


def test_a_feed_that_has_the_whole_article(room: Newsroom, state: State) -> None:
    piece = article(0, NOON)
    body = "".join(f"&lt;p&gt;{text}&lt;/p&gt;" for text in piece.paragraphs)
    room.answers["/feed"] = rss(f"<title>T</title>{TODAY}<description>{body}</description>")
    assert only(run(state, f"{room.url}/feed")).item.text == "\n\n".join(piece.paragraphs)


# Pages that give no article


WHY = [
    (lambda p: page(p, "Bote", paywall=True), "for subscribers"),
    (lambda p: CONSENT, "asks for consent"),
    (lambda p: "<html><body></body></html>", "no article in this page"),
    (
        lambda p: "<html><body><article><p>Nur kurz.</p></article></body></html>",
        "the feed has more",
    ),
]


@pytest.mark.parametrize(("html", "reason"), WHY)
def test_the_teaser_stands_in_for_an_article(
    room: Newsroom, state: State, html: object, reason: str
) -> None:
    """A request for consent is no news."""
    piece = article(0, NOON)
    feed = room.publish([piece], "weserbote")
    room.put("/weserbote" + piece.path, html(piece))  # type: ignore[operator]
    news = only(run(state, feed))
    assert news.item.text == piece.teaser
    assert news.excerpt
    assert reason in news.excerpt
    assert (news.item.title, news.item.published) == (piece.headline, NOON)
    room.asked()
    assert only(run(state, feed)) == news
    assert room.asked() == ["/weserbote/feed"], "it is not fetched in vain every time"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(status=404), "the server answered 404"),
        (Answer(status=302, headers={"Location": "file:///etc/passwd"}), "only http and https"),
        (Answer(status=302, headers={"Location": "/"}), "leads to the front page"),
        (Answer(b"x", {"Content-Type": "image/png"}), "it is image/png"),
        (Answer(b"x", {"Content-Encoding": "br"}), "encoding br was not asked for"),
        (Answer(b"\x00\x01\x02" * 999, {"Content-Type": "text/html"}), "binary"),
    ],
)
def test_pages_that_cannot_be_read(
    room: Newsroom, state: State, answer: Answer, reason: str
) -> None:
    bad, good = articles(2, NOON)
    feed = room.publish([bad, good], "weserbote")
    room.answers["/weserbote" + bad.path] = answer
    room.put("/", page(article(9, NOON), "Weserbote"))
    found = run(state, feed)
    assert titles(found) == [bad.headline, good.headline]
    assert found.news[0].item.text == bad.teaser
    assert reason in (found.news[0].excerpt or "")
    assert found.news[1].excerpt is None


def test_slow_and_endless_pages(
    room: Newsroom, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "SECONDS_TOTAL", 1.5)
    monkeypatch.setattr(fetch, "MAX_BYTES", 1_000_000)
    room.answers["/slow"] = Answer(b"x" * 5000, {"Content-Type": "text/html"}, drip=0.01)
    room.answers["/for-ever"] = Answer(headers={"Content-Type": "text/html"})
    room.answers["/feed"] = rss(
        *(
            f"<title>T</title>{TODAY}<link>{room.url}{path}</link><description>{path}</description>"
            for path in ("/slow", "/for-ever")
        )
    )
    assert [(one.item.text, one.excerpt) for one in run(state, f"{room.url}/feed").news] == [
        ("/slow", "the server took more than 2 s"),
        ("/for-ever", "it is larger than 1 MB"),
    ]


def test_a_page_that_breaks_its_reader(
    room: Newsroom, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RecursionError("too\ndeep")

    monkeypatch.setattr("depesche.page.parse", broken)
    assert only(run(state, room.publish([article(0, NOON)], "weserbote"))).excerpt == "too deep"


def test_an_article_without_any_text_is_missed(room: Newsroom, state: State) -> None:
    room.answers["/feed"] = rss(f"<title>T</title><link>{room.url}/gone</link>{TODAY}")
    reason = "the server answered 404 Not Found"
    expected = Gathered((), (Miss("Bote", reason, "T", f"{room.url}/gone"),))
    assert run(state, f"{room.url}/feed") == expected


def test_links_of_a_feed_do_not_lead_to_this_machine(room: Newsroom, state: State) -> None:
    """A feed must not make a reader's machine ask its own services."""
    piece = article(0, NOON)
    feed = room.publish([piece], "weserbote")
    news = only(run(state, feed, allow_private=False))
    assert "private address" in (news.excerpt or "")
    assert room.asked() == ["/weserbote/feed"]


def test_what_is_too_long_to_be_news(room: Newsroom, state: State) -> None:
    """A hostile page would keep the models busy for hours; what is cut is told."""
    paragraphs = [f"Absatz {n}: {'Und so weiter. ' * 20}" for n in range(500)]
    piece = replace(article(0, NOON), headline="Endlos " * 1000, paragraphs=tuple(paragraphs))
    room.put("/a", page(piece, "Bote " * 1000))
    room.answers["/feed"] = rss(f"<title>{piece.headline}</title>{TODAY}<link>{room.url}/a</link>")
    news = only(run(state, f"{room.url}/feed"))
    assert news.excerpt == "only its first 60,000 characters were taken"
    assert 50_000 < len(news.item.text) < 60_000
    assert news.item.text.endswith("Und so weiter."), "and ends with a paragraph"
    for said in (news.item.title, news.publisher):
        assert said
        assert len(said) < 350
