"""Feeds as they are found: of every kind, malformed, hostile, with dates that say too little."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from depesche.brief import InputError
from depesche.daily.feed import MAX_ENTRIES, MAX_TAGS, Entry, Feed, is_feed, parse
from tests.newsroom import Form, article, articles, feed

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=1)))
SITE = "https://bote.example"


def read(text: str | bytes, declared: str | None = None, zone: ZoneInfo = BERLIN) -> Feed:
    data = text.encode() if isinstance(text, str) else text
    return parse(data, f"{SITE}/feeds/alles.xml", declared, zone)


def rss(items: str, channel: str = "") -> str:
    return (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:media="http://search.yahoo.com/mrss/">'
        f"<channel><title>Der Bote</title>{channel}{items}</channel></rss>"
    )


def entry(fields: str, channel: str = "") -> Entry:
    (only,) = read(rss(f"<item>{fields}</item>", channel)).entries
    return only


def refused(text: str | bytes) -> str:
    with pytest.raises(InputError) as caught:
        read(text)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("form", ["rss", "atom", "rdf"])
def test_every_kind_of_feed(form: Form) -> None:
    piece, *_ = pieces = articles(3, NOON)
    found = read(feed(pieces, SITE, "Der Bote", form))
    assert found.title == "Der Bote"
    assert [one.title for one in found.entries] == [one.headline for one in pieces]
    first = found.entries[0]
    assert first.url
    assert first.url.startswith(SITE + piece.path)
    assert (first.teaser, first.published, first.author) == (piece.teaser, NOON, piece.author)


def test_latin_1_whatever_is_declared() -> None:
    """Umlauts are wrong in half of the feeds of small papers."""
    text = rss("<item><title>Übermut in Grünau</title></item>")
    for declaration in ("", '<?xml version="1.0" encoding="ISO-8859-1"?>', '<?xml version="1.0"?>'):
        data = (declaration + text).encode("latin-1")
        for declared in (None, "iso-8859-1", "utf-8"):
            assert read(data, declared).entries[0].title == "Übermut in Grünau"


def test_utf_8_with_a_mark_and_utf_16() -> None:
    text = '<?xml version="1.0" encoding="utf-16"?>' + rss("<item><title>Übermut</title></item>")
    assert read(text.encode("utf-16")).entries[0].title == "Übermut"
    assert read(b"\xef\xbb\xbf" + text.encode()).entries[0].title == "Übermut"


@pytest.mark.parametrize(
    "title",
    [
        "Rat & Tat",  # malformed
        "Rat &amp; Tat",
        "Rat &amp;amp; Tat",
        "<![CDATA[Rat &amp; Tat]]>",
        "&lt;b&gt;Rat&lt;/b&gt; &amp;amp; Tat",
        "&amp;lt;b&amp;gt;Rat&amp;lt;/b&amp;gt; &amp;amp;amp; Tat",
        "<![CDATA[ <em>Rat</em>\n &#38; Tat<script>alert(1)</script>]]>",
    ],
)
def test_html_in_titles(title: str) -> None:
    assert entry(f"<title>{title}</title>").title == "Rat & Tat"


def test_characters_that_xml_does_not_know() -> None:
    assert entry("<title>M&uuml;ller&nbsp;&#150; Wei&#xdf;</title>").title == "Müller – Weiß"


@pytest.mark.parametrize(
    "code", ["0", "1", "xD800", "xFFFE", "1114112", "9" * 5000, "x" + "D" * 99]
)
def test_characters_that_do_not_exist(code: str) -> None:
    title = entry(f"<title>Der Rat&#{code};</title><broken>").title
    assert title
    assert title.encode().startswith(b"Der Rat")


def test_a_text_that_only_looks_like_html() -> None:
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry>'
        '<title type="text">Warum 3 &lt; 5 &amp; 7 ist</title></entry></feed>'
    )
    assert read(atom).entries[0].title == "Warum 3 < 5 & 7 ist"


def test_a_teaser_is_plain_text() -> None:
    found = entry(
        "<description><![CDATA[<figure><img src='/a.jpg'><figcaption>Foto</figcaption></figure>"
        "<p>Der Rat hat&nbsp;<a href='/x'>beschlossen</a>.</p><style>p{}</style><p>Es wird teuer."
        " <a href='/1'>Weiterlesen →</a></p><p>Lesen Sie auch: Was es kostet</p>]]></description>"
    )
    assert found.teaser == "Der Rat hat beschlossen.\n\nEs wird teuer."


def test_html_that_was_not_escaped() -> None:
    found = entry(
        "<title>Rat <i>und</i> <!-- Tod -->Tat</title><link>/a<!-- --></link>"
        "<description>Erst. <p>Dann <b>mehr</b>.</p><script>x()</script></description>"
    )
    assert found.title == "Rat und Tat"
    assert found.teaser == "Erst.\n\nDann mehr."
    assert found.url == f"{SITE}/a"


def test_namespaces_that_nobody_knows() -> None:
    found = read(
        '<rss xmlns="http://backend.userland.com/rss2"><channel><title>Bote</title>'
        '<item><title>Eins</title><x:title xmlns:x="urn:x">Zwei</x:title></item></channel></rss>'
    )
    assert (found.title, found.entries[0].title) == ("Bote", "Eins")


def test_the_whole_article_in_a_feed() -> None:
    found = entry(
        "<description>Kurz.</description>"
        "<content:encoded>&lt;p&gt;Viel länger.&lt;/p&gt;</content:encoded>"
    )
    assert (found.teaser, found.content) == ("Kurz.", "<p>Viel länger.</p>")


def test_xhtml_in_atom() -> None:
    found = read(
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><content type="xhtml">'
        '<div xmlns="http://www.w3.org/1999/xhtml"><p>Eins.</p><p>Zwei.</p></div>'
        "</content></entry></feed>"
    )
    assert found.entries[0].teaser == "Eins.\n\nZwei."


@pytest.mark.parametrize(
    ("fields", "channel", "url"),
    [
        ("<link>/a/1</link>", "<link>https://www.bote.example/</link>", "www.bote.example/a/1"),
        ("<link>/a/1</link>", "", "bote.example/a/1"),
        ("<link>1.html</link>", "", "bote.example/feeds/1.html"),
        ("<link> //m.bote.example/1 </link>", "", "m.bote.example/1"),
        ('<guid isPermaLink="true">https://bote.example/1</guid>', "", "bote.example/1"),
        ("<link/><guid>https://bote.example/1</guid>", "", "bote.example/1"),
        ('<link href="/a/1" xmlns="http://www.w3.org/2005/Atom"/>', "", "bote.example/a/1"),
    ],
)
def test_where_the_article_is(fields: str, channel: str, url: str) -> None:
    assert entry(fields, channel).url == f"https://{url}"


def test_the_base_that_atom_names() -> None:
    found = read(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://neu.example/blog/">'
        '<entry><link rel="self" href="/wrong"/><link href="1"/></entry></feed>'
    )
    assert found.entries[0].url == "https://neu.example/blog/1"
    found = read(
        '<feed xmlns="http://www.w3.org/2005/Atom"><link href="https://neu.example/"/>'
        '<entry><link href="1"/></entry></feed>'
    )
    assert found.entries[0].url == f"{SITE}/feeds/1"


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "file:///etc/passwd", "http://[", "mailto:a@b.example", "#top"]
)
def test_links_that_lead_to_no_page(link: str) -> None:
    found = entry(f"<link>{link}</link><guid>nr-1</guid>", "<link>nowhere:</link>")
    assert found.url in (None, f"{SITE}/feeds/alles.xml#top")
    assert found.id == "nr-1"


@pytest.mark.parametrize(
    ("field", "author"),
    [
        ("<dc:creator>Karla Weidner</dc:creator>", "Karla Weidner"),
        ("<author>redaktion@bote.example (Karla Weidner)</author>", "Karla Weidner"),
        ("<author>Karla Weidner &lt;k@bote.example&gt;</author>", "Karla Weidner"),
        ("<author>redaktion@bote.example</author>", None),
        ("<author><email>k@bote.example</email></author>", None),
    ],
)
def test_authors(field: str, author: str | None) -> None:
    assert entry(field).author == author


def test_section_and_picture() -> None:
    found = entry(
        "<category>Politik</category>"
        '<media:group><media:content url="/a.mp4" type="video/mp4"/>'
        '<media:content url="/a.jpg" medium="image"/></media:group>'
    )
    assert found.section == "Politik"
    assert found.image == f"{SITE}/a.jpg"
    assert entry('<enclosure url="javascript:1" type="image/png"/>').image is None


@pytest.mark.parametrize(
    "date",
    [
        "<pubDate>Sun, 22 Nov 2026 12:00:00 +0100</pubDate>",
        "<pubDate>So, 22 Nov 2026 12:00:00 MEZ</pubDate>",
        "<pubDate>22 November 2026 11:00 UT</pubDate>",
        "<pubDate>Sun, 22 Nov 2026 11:00:00 -0000</pubDate>",
        "<pubDate>Sun, 22 Nov 2026 13:00:00 CEST</pubDate>",
        "<pubDate>2026-11-22T12:00:00+01:00</pubDate>",
        "<dc:date>2026-11-22T11:00:00Z</dc:date>",
        "<dc:date>2026-11-22T11:00Z</dc:date>",
        "<pubDate>heute</pubDate><dc:date>2026-11-22T11:00:00.00Z</dc:date>",
    ],
)
def test_dates(date: str) -> None:
    assert entry(date).published == NOON


def test_german_months() -> None:
    for name, month in (("Mär", 3), ("Mai", 5), ("Okt", 10), ("Dezember", 12)):
        found = entry(f"<pubDate>Di, 01 {name} 2026 08:00:00 +0000</pubDate>")
        assert found.published == datetime(2026, month, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "date",
    ["", "gestern", "22.11.", "0001-01-01T00:00:00Z", "Mon, 99 Foo 2026 25:61:00", "1e999", "2026"],
)
def test_a_date_is_never_guessed(date: str) -> None:
    assert entry(f"<pubDate>{date}</pubDate>").published is None


NAIVE = "<pubDate>Sun, 22 Nov 2026 12:00:00</pubDate>"


def test_a_date_without_a_zone_in_a_feed_that_shows_its_own() -> None:
    clear = "<lastBuildDate>Sun, 22 Nov 2026 12:05:00 +0100</lastBuildDate>"
    assert entry(NAIVE, clear).published == NOON
    assert entry("<dc:date>2026-11-22</dc:date>", clear).published == NOON.replace(hour=0)


@pytest.mark.parametrize("other", ["", "Sun, 22 Nov 2026 11:05:00 GMT"])
def test_a_date_without_a_zone_elsewhere(other: str) -> None:
    """It could be an hour off, and so in yesterday's brief."""
    assert entry(NAIVE, f"<lastBuildDate>{other}</lastBuildDate>").published is None


def test_a_zone_that_is_the_feeds_but_not_the_readers() -> None:
    text = rss(f"<item>{NAIVE}</item><item><dc:date>2026-11-22T10:00:00+01:00</dc:date></item>")
    assert read(text).entries[0].published == NOON
    assert read(text, zone=ZoneInfo("America/New_York")).entries[0].published is None


def test_when_it_was_changed() -> None:
    found = read(
        '<feed xmlns="http://www.w3.org/2005/Atom">'
        "<entry><published>2026-11-22T11:00:00Z</published><updated>2026-11-22T12:00:00Z</updated>"
        "</entry><entry><updated>2026-11-22T11:00:00Z</updated></entry></feed>"
    )
    assert [one.published for one in found.entries] == [NOON, NOON]
    assert [one.updated for one in found.entries] == [NOON.replace(hour=13), NOON]


def revision(title: str, hour: int, id_: str, link: str = "/a") -> str:
    return (
        f"<item><title>{title}</title><link>{link}</link><guid isPermaLink='false'>{id_}</guid>"
        f"<pubDate>Sun, 22 Nov 2026 {hour:02}:00:00 +0100</pubDate></item>"
    )


def test_of_revisions_of_an_article_the_latest_counts() -> None:
    """The digest would tell the outdated one, too, and of both no more than the teaser."""
    found = read(
        rss(
            revision("Brücke gesperrt", 8, "7")
            + revision("Brücke wieder frei", 12, "7", "/a?utm_source=rss")
            + revision("Fähre fällt aus", 9, "8", "/b")
            + revision("Brücke bald gesperrt", 7, "7")
        )
    )
    assert [one.title for one in found.entries] == ["Brücke wieder frei", "Fähre fällt aus"]
    assert not any(one.shares_url for one in found.entries)
    assert found.entries[0].updated == NOON


@pytest.mark.parametrize("ids", ["123", "111"])
def test_articles_that_share_a_link_are_no_revisions(ids: str) -> None:
    """A ticker would be its last message, whether each has an id or all have one."""
    items = (revision(f"Meldung {n}", 8 + n, id_) for n, id_ in enumerate(ids))
    found = read(rss("".join(items)))
    assert [one.title for one in found.entries] == ["Meldung 0", "Meldung 1", "Meldung 2"]
    assert all(one.shares_url for one in found.entries)


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        (rss("<item><title>Eins</title></item><item><title>Zwei</title>")[:-16], ["Eins", "Zwei"]),
        ("\n " + rss("<item><title>Eins\x0b</title></item>"), ["Eins"]),
        ("<rss><channel><item><dc:title>x</dc:title><title>Eins</title></item>", ["Eins"]),
        (rss("<item><title>Eins<b></title></item>"), ["Eins"]),
    ],
)
def test_malformed_feeds(text: str, titles: list[str]) -> None:
    assert [one.title for one in read(text).entries] == titles


def test_an_empty_feed() -> None:
    assert read(rss("")) == Feed("Der Bote", ())


def test_what_is_no_feed() -> None:
    assert "web page, not a feed" in refused("<!DOCTYPE html><html><body>Hallo</body></html>")
    assert "no feed" in refused("Es ist kein Feed.")
    assert "no feed" in refused('{"version": "https://jsonfeed.org/version/1"}')
    assert "no feed" in refused("<sitemap><feed/></sitemap>")
    assert "binary" in refused(b"\x00\x01\x02" * 100 + b"<rss>")


def test_bombs_stay_small() -> None:
    """A few hundred bytes would fill the memory."""
    entities = '<!ENTITY a0 "Bumm">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)
    )
    for item in ("<title>&a11;</title>", '<title>x</title><enclosure url="&a11;"/>'):
        bomb = f"<!DOCTYPE rss [{entities}]>" + rss(f"<item>{item}</item>")
        assert len(str(read(bomb))) < 1000
    wide = f'<!DOCTYPE rss [<!ENTITY a "{"Bumm" * 10_000}">]>' + rss(
        f"<item><title>{'&a;' * 10_000}</title></item>"
    )
    assert len(str(read(wide))) < 1000


def test_no_file_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("geheim", encoding="utf-8")
    for kind in ("SYSTEM", 'PUBLIC "-//x"'):
        text = f'<!DOCTYPE rss [<!ENTITY x {kind} "{secret.as_uri()}">]>' + rss(
            "<item><title>a&x;</title></item>"
        )
        assert "geheim" not in str(read(text))


@pytest.mark.parametrize(
    "text",
    [
        "<rss>" + "<a>" * 100_000,
        rss(f"<item><title>{'&lt;b&gt;' * 100_000}</title></item>"),
        rss(f"<item><description>{'&lt;!--' * 100_000}</description></item>"),
        rss(f"<item><author>{'a@' * 200_000}</author></item>"),
        rss(f"<item><author>{'a' * 400_000}</author></item>"),
        rss(f"<item><pubDate>{'1 Mai' * 100_000}</pubDate></item>"),
        rss("<item>" * 300),
    ],
)
def test_hostile_feeds_end(text: str) -> None:
    """Deep, unclosed and endless things take no more time than their bytes."""
    for one in read(text).entries:
        assert isinstance(one.teaser, str)


def test_thousands_of_entries() -> None:
    pieces = [article(number, NOON - timedelta(minutes=number)) for number in range(5000)]
    found = read(feed(pieces, SITE, "Alles"))
    assert len(found.entries) == 5000
    assert found.entries[-1].published == NOON - timedelta(minutes=4999)


def test_more_entries_than_are_read_are_counted() -> None:
    assert read(rss("<item/>" * (MAX_ENTRIES + 5))).omitted == 5
    assert "more than 1,000,000 tags" in refused(rss("<a/>" * MAX_TAGS))


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b'<?xml version="1.0"?>\n<!-- Bote -->\n<rss version="2.0">', True),
        (b"\xef\xbb\xbf<feed xmlns='http://www.w3.org/2005/Atom'>", True),
        (b'<rdf:RDF xmlns="x">', True),
        (b"<!DOCTYPE html><html><body><rss>", False),
        (b'{"text": "So beginnt ein Feed: <rss>"}', False),
        (b"Ein Feed beginnt mit <rss>.", False),
    ],
)
def test_telling_feeds_from_other_files(head: bytes, expected: bool) -> None:
    assert is_feed(head) is expected
