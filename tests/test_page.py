"""Of a page the article remains, with what the page says about it; walls are told from articles."""

import time
from datetime import datetime, timedelta, timezone

import pytest

from depesche import page
from depesche.brief import InputError
from tests.documents import article, html, paragraphs

HEAD = """
<meta property="og:title" content="Landtag beschließt Hilfspaket">
<meta name="author" content="Anna Beispiel">
<meta property="og:site_name" content="Weserbote">
<meta property="article:published_time" content="2025-11-20T21:14:00+01:00">
<meta property="article:section" content="Politik">
<meta property="og:image" content="https://weserbote.example/bild.jpg">
<link rel="canonical" href="https://weserbote.example/politik/hafen.html">
"""
BODY = "<p>Der Landtag hat am Donnerstag ein Hilfspaket für die Häfen beschlossen.</p>"


@pytest.mark.parametrize("name", ["politik.txt", "umbruch.txt"])
def test_the_article_without_its_page(name: str) -> None:
    found = page.parse(html(article(name)))
    headline, *rest = [" ".join(text.split()) for text in paragraphs(name)]
    assert found.text.split("\n\n") == rest
    assert found.title == headline
    assert found.wall is None


def test_what_the_page_says_about_the_article() -> None:
    found = page.parse(html(article("politik.txt"), HEAD))
    assert (found.author, found.publisher) == ("Anna Beispiel", "Weserbote")
    assert found.published == datetime(2025, 11, 20, 21, 14, tzinfo=timezone(timedelta(hours=1)))
    assert found.section == "Politik"
    assert found.image == "https://weserbote.example/bild.jpg"
    assert found.url == "https://weserbote.example/politik/hafen.html"


def test_the_address_it_came_from_is_its_address() -> None:
    url = "https://weserbote.example/a"
    assert page.parse(html(article("politik.txt"), HEAD), url).url == url


def test_structure_becomes_markdown() -> None:
    found = page.parse(
        html(
            f"<h1>Häfen</h1>{BODY}<h2>Das Geld</h2><ul><li>vom Land</li><li>vom Bund</li></ul>"
            f"<ol><li>prüfen</li><li>bauen</li></ol><blockquote><p>„Gut.“</p></blockquote>{BODY}"
            "<table><tr><th>Hafen</th><th>Tonnen</th></tr><tr><td>Ostersiel</td><td>5</td></tr></table>"
            "<p>Erste Zeile.<br>Zweite <em>Zeile</em>.</p>"
        )
    )
    text = "Der Landtag hat am Donnerstag ein Hilfspaket für die Häfen beschlossen."
    assert found.text.split("\n\n") == [
        text,
        "## Das Geld",
        "- vom Land\n- vom Bund",
        "1. prüfen\n2. bauen",
        "> „Gut.“",
        text,
        "| Hafen | Tonnen |\n| Ostersiel | 5 |",
        "Erste Zeile.\nZweite Zeile.",
    ]


def test_promotion_goes_with_the_links_below_it() -> None:
    found = page.parse(
        html(
            article("politik.txt").replace("</p><p>", "</p><p>Anzeige</p><p>", 1)
            + "<p>Lesen Sie auch: Warum der Hafen verlandet</p><h3>Mehr zum Thema</h3>"
            "<ul><li>Der Hafen im Winter</li><li>Der Hafen im Sommer</li></ul>"
            "<p>Der Landtag tagt wieder am 5. Dezember.</p><p>Folgen Sie uns auf Facebook</p>"
        )
    )
    assert found.text.split("\n\n") == [
        *paragraphs("politik.txt")[1:],
        "Der Landtag tagt wieder am 5. Dezember.",
    ]


@pytest.mark.parametrize(
    ("head", "published"),
    [
        ("", None),
        ('<meta name="date" content="2025-11-20T08:00:00Z">', "2025-11-20T08:00:00+00:00"),
        ('<meta name="date" content="2025-11-20T08:00">', "2025-11-20T08:00:00"),
        ('<meta name="date" content="2025-11-20">', "2025-11-20T00:00:00"),
        ('<meta name="date" content="gestern">', None),
        (
            '<script type="application/ld+json">{"@graph": [{"@type": "WebPage"},'
            '{"@type": "NewsArticle", "datePublished": "2025-11-20T08:00:00+0100"}]}</script>',
            "2025-11-20T08:00:00+01:00",
        ),
    ],
)
def test_a_date_is_never_guessed(head: str, published: str | None) -> None:
    """The text has a date, and a zone would be easy to make up."""
    found = page.parse(html(article("umbruch.txt") + "<p>Stand: 3. März 2021</p>", head))
    assert (found.published and found.published.isoformat()) == published


def test_a_consent_wall_is_no_article() -> None:
    wall = """<html><head><title>Weserbote</title></head><body><main>
        <h1>Weserbote mit Werbung lesen</h1>
        <p>Besuchen Sie unsere Website wie gewohnt mit Werbung und Tracking. Details finden Sie in
        der Datenschutzerklärung.</p><button>Zustimmen und weiter</button>
        <p>Wir und unsere 214 Partner verarbeiten personenbezogene Daten und speichern
        Informationen auf Ihrem Endgerät, wenn Sie Ihre Einwilligung geben.</p>
        </main></body></html>"""
    assert page.parse(wall).wall == "consent"


def test_a_paywall_stub_is_no_article() -> None:
    headline, first, *_ = paragraphs("politik.txt")
    offered = html(f"<h1>{headline}</h1><p>{first}</p><p>Jetzt weiterlesen mit W+</p>")
    found = page.parse(offered)
    assert found.wall == "paywall"
    assert found.text == first
    ld = '<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":"False"}'
    assert page.parse(html(f"<p>{first}</p>", f"{ld}</script>")).wall == "paywall"
    tier = '<meta property="article:content_tier" content="locked">'
    assert page.parse(html(f"<p>{first}</p>", tier)).wall == "paywall"


def test_a_whole_article_is_none_whatever_the_page_sells() -> None:
    ld = '<script type="application/ld+json">{"isAccessibleForFree": false}</script>'
    whole = article("politik.txt") + "<p>Jetzt weiterlesen mit W+</p>"
    assert page.parse(html(whole, ld)).wall is None


def test_a_short_notice_on_a_page_with_a_banner_is_an_article() -> None:
    notice = paragraphs("notiz.txt")[0]
    assert page.parse(html(f"<h1>Gesperrt</h1><p>{notice}</p>")).wall is None
    after_an_offer = html(f"<p>Jetzt weiterlesen mit W+</p><p>{notice}</p>")
    assert page.parse(after_an_offer).wall is None
    privacy = (
        "Das Gericht hat entschieden, dass Webseiten ohne Einwilligung keine Cookies setzen dürfen."
        " Die Verbände müssen nun ihre Verträge mit Partnern ändern. Das Urteil ist rechtskräftig."
    )
    assert page.parse(html(f"<h1>Urteil</h1><p>{privacy}</p>")).wall is None


@pytest.mark.parametrize(
    "source",
    [
        "",
        "<html><body></body></html>",
        "<html><body><nav><a href='/'>Start</a></nav></body></html>",
        "<html><frameset><frame src='a.html'></frameset></html>",
        "<html><body><noscript>Bitte JavaScript einschalten.</noscript></body></html>",
    ],
    ids=["empty", "no body", "navigation", "frames", "script"],
)
def test_a_page_without_an_article_is_refused(source: str) -> None:
    with pytest.raises(InputError, match="no article"):
        page.parse(source)


def test_fragments_and_xhtml_are_pages() -> None:
    notice = paragraphs("notiz.txt")[0]
    declared = f'<?xml version="1.0" encoding="utf-8"?><html><body><p>{notice}</p></body></html>'
    assert page.parse(declared).text == notice
    assert page.parse(f"<p>{notice}</p>").text == notice


@pytest.mark.parametrize(
    "source",
    [
        f"<p>{'w' * 5_000_001}</p>",
        "<p>" + "a<br>" * 60_000,
        "<table><tr>" + "<td>a b c" * 60_000,
    ],
    ids=["long", "lines", "cells"],
)
def test_a_page_that_would_take_minutes_is_refused(source: str) -> None:
    start = time.monotonic()
    with pytest.raises(InputError, match="the page"):
        page.parse(source)
    assert time.monotonic() - start < 5


def test_a_document_that_ends_twice_is_read_to_its_last_end() -> None:
    """What follows the end of a template within the article would be missing."""
    first, last = paragraphs("politik.txt")[1:3]
    found = page.parse(html(f"<p>{first}</p></body></HTML >\n<p>{last}</p>")).text
    assert found.split()[-5:] == last.split()[-5:]


@pytest.mark.parametrize("tag", ["div", "ul", "b", "blockquote"])
def test_a_page_is_read_to_its_end_or_refused_however_deep_it_nests(tag: str) -> None:
    """A page that nobody closed the tags of would lose its end, and nobody would know."""
    first, last = paragraphs("politik.txt")[1:3]
    deep, deeper = (
        f"<p>{first}</p>{f'<{tag}>' * depth}<p>{last}</p>{f'</{tag}>' * depth}"
        for depth in (450, 20_000)
    )
    assert page.parse(html(deep)).text.split()[-5:] == last.split()[-5:]
    with pytest.raises(InputError, match="nests more than 512"):
        page.parse(html(deeper))


def test_a_hostile_description_of_the_article_takes_no_time() -> None:
    """For trafilatura alone it would be hours."""
    open_string = '{"@type": "Article", "headline": "' + '\\"' * 1_000_000
    many = '{"isAccessibleForFree": [' + "0," * 300_000 + "0]}"
    scripts = (f'<script type="application/ld+json">{s}</script>' for s in (open_string, many))
    start = time.monotonic()
    assert page.parse(html(article("umbruch.txt"), "".join(scripts))).wall is None
    assert time.monotonic() - start < 10
