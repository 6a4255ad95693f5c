"""The files of a digest say all of it, the same each time, and hold whatever a feed says."""

import email
import email.policy
import re
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from typing import Any

import lxml.etree as etree
import pytest
from lxml import html
from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin

from depesche.brief import OutputError
from depesche.daily import pages
from depesche.daily.chart import COLOURS, DAYS, HEIGHT, REST, chart
from depesche.daily.digest import from_json, to_json
from depesche.daily.news import Digest, Entry, Miss, Repeat
from depesche.daily.pages import FEED_DAYS, TEMPLATES, Day, files
from tests.edition import DAY, FERRIES, MUSEUM, PORT, all_over, digest, report

ATOM = "{http://www.w3.org/2005/Atom}"
NOTHING = replace(digest(), entries=(), undated=(), misses=(), repeats=(), omitted=0)
TAG = "</p><script>alert(1)</script>"


def text_of(name: str, shown: Digest | None = None, **options: Any) -> str:
    """The file of this kind: "html", "md", "index.html" or "feed.xml"."""
    shown = shown or digest()
    full = name if "." in name else f"{shown.day}.{name}"
    return files(shown, [], [], **options)[full].decode()


def page(shown: Digest | None = None) -> Any:
    return html.fromstring(text_of("html", shown))


def feed(shown: Digest | None = None, *latest: Digest) -> Any:
    return etree.fromstring(files(shown or digest(), [], latest)["feed.xml"])


def parts(message: bytes) -> tuple[EmailMessage, str, str]:
    """The message, its text and its HTML."""
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    assert parsed.defects == []
    plain, rich = parsed.iter_parts()
    return parsed, plain.get_content(), rich.get_content()


def every_text(shown: Digest) -> dict[str, str]:
    """What a reader can see of a digest, by file; entities and escapes are resolved."""
    _, plain, rich = parts(pages.mail(shown))
    contents = feed(shown).iterfind(f".//{ATOM}content")
    found = {
        "html": page(shown).xpath("string(//body)"),
        "md": re.sub(r"\\(?=\W)", "", text_of("md", shown)),
        "mail.txt": plain,
        "mail.html": html.fromstring(rich).text_content(),
        "feed": "".join(html.fromstring(one.text).text_content() for one in contents),
    }
    return {name: " ".join(text.split()) for name, text in found.items()}


# The same in all of them


def test_every_file_has_every_story_with_its_passages_in_both_languages() -> None:
    for name, text in every_text(digest()).items():
        for entry in (*digest().entries, *digest().undated):
            brief = entry.lead.brief
            for line in brief["brief"]:
                assert line["text"] in text, name
                for index in line["evidence"]:
                    assert brief["sentences"][index]["en"] in text, name
                    assert brief["sentences"][index]["de"] in text, name
            assert name == "feed" or brief["title"]["en"] in text, name


def test_every_file_says_what_to_know_before_relying_on_a_story() -> None:
    """A warning, a teaser, an update and other reports are said wherever the brief is."""
    elsewhere = {"kind": "gap", "sentence": 4, "detail": "too short"}
    whole = {"kind": "language", "detail": "much of it is Dutch"}
    warned = replace(
        FERRIES, brief=FERRIES.brief | {"warnings": [*FERRIES.brief["warnings"], elsewhere, whole]}
    )
    first, *rest = digest().entries
    shown = digest(entries=(replace(first, lead=warned), *rest))
    for name, text in every_text(shown).items():
        for said in (
            "number: “zwanzig” may have changed",
            "name: “Elke Thomsen” is not close",
            "Sentence 5, gap: too short",
            "language: much of it is Dutch",
            "340 million, Elke Thomsen, 9 December",
            "21 November 2026",
            "behind a paywall",
            "Handelsspiegel",
        ):
            assert said in text, (name, said)


def test_every_file_of_a_day_says_what_it_covers_and_what_it_lacks() -> None:
    texts = every_text(digest())
    del texts["feed"]
    for name, text in texts.items():
        for said in (
            "8 stories",
            "21 November, 07:00 to 22 November, 07:00 (UTC+1)",
            "the server answers 503, three times",
            "Fotostrecke",
            "4 more stories beyond",
            "Bridge in Altenbruck closed until Friday",
            "20 November 2026",
            "Helsinki-NLP/opus-mt-de-en",
        ):
            assert said in text, (name, said)
        assert re.search(r"Küstenkurier:? 14", text), name


def test_the_window_says_when_clocks_changed_and_is_short_within_a_day() -> None:
    summer = datetime.fromisoformat("2026-10-25T00:00:00+02:00")
    winter = datetime.fromisoformat("2026-10-26T00:00:00+01:00")
    said = "25 October, 00:00 (UTC+2) to 26 October, 00:00 (UTC+1)"
    assert said in text_of("md", digest(since=summer, until=winter))
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    within = digest(since=noon - timedelta(hours=12), until=noon)
    assert "22 November, 00:00 to 12:00 (UTC)" in text_of("md", within)
    for offset in ("+05:30", "-03:30"):
        zone = datetime.fromisoformat(f"2026-11-22T00:00:00{offset}")
        said = f"(UTC{offset.replace('-', '−').replace('0', '', 1)})"
        assert said in text_of("md", digest(since=zone, until=zone))


def test_the_same_digest_gives_the_same_bytes_also_after_a_trip_through_the_state() -> None:
    """A second run of the day changes no file."""
    again = from_json(to_json(digest()))
    assert files(digest(), [], []) == files(again, [], [])
    assert pages.mail(digest()) == pages.mail(again)


def test_no_file_promises_more_than_it_can() -> None:
    for text in (text_of("html"), text_of("md"), pages.mail(digest()).decode("ascii")):
        assert "closest passage" in text.lower()
        assert "verified" not in text.lower()


def test_a_day_without_news_says_so_in_every_file() -> None:
    for name, text in every_text(replace(NOTHING, sources={})).items():
        assert name == "feed" or "0 stories" in text
    assert "Nothing new in this time." in every_text(NOTHING)["html"]
    assert page(NOTHING).xpath("//article | //nav | //*[@id='missing']") == []
    assert feed(NOTHING).find(f"{ATOM}entry") is None


# The page of a day


def test_stories_stand_under_their_categories_and_the_navigation_leads_there() -> None:
    shown = page()
    names = ["Politics", "Economy", "Science", "Culture", "Sport", "Without a date"]
    assert [" ".join(a.text.split()) for a in shown.xpath("//nav/a")] == names
    for goal, name in zip(shown.xpath("//nav/a/@href"), names, strict=True):
        assert shown.xpath(f"//section[@id='{goal[1:]}']/h2/text()") == [name]
    assert shown.xpath("//section[last()]//h2/text()") == ["What is not here"]
    undated = shown.xpath("//section[h2='Without a date']")[0]
    assert undated.xpath(".//h3/text()") == [MUSEUM.brief["title"]["en"]]
    assert undated.xpath(".//time") == []


def test_without_categories_there_are_no_headings_and_no_navigation() -> None:
    bare = replace(FERRIES, news=replace(FERRIES.news, category=None))
    shown = page(replace(NOTHING, entries=(Entry(bare),)))
    assert shown.xpath("//nav | //h2[text() != 'Sources' and text() != 'How this was made']") == []
    mixed = page(digest(entries=(Entry(bare), Entry(PORT)), undated=()))
    assert mixed.xpath("//section/h2/text()")[:2] == ["Other news", "Economy"]


def test_every_link_inside_the_page_has_one_goal() -> None:
    """Also where two stories have the same address."""
    shown = page(digest(entries=(Entry(FERRIES), Entry(PORT), Entry(FERRIES))))
    ids = shown.xpath("//@id")
    assert len(ids) == len(set(ids))
    goals = {link[1:] for link in shown.xpath("//a/@href[starts-with(., '#')]")}
    assert goals <= set(ids)
    assert len(goals) > 12


def test_the_page_leads_to_the_day_before_and_asks_nobody_for_anything() -> None:
    days = [Day(DAY + timedelta(days=step), {}, ()) for step in (-9, 1, -2)]
    shown = html.fromstring(files(digest(), days, [])[f"{DAY}.html"])
    assert shown.xpath("//a[@rel='prev']/@href") == ["2026-11-20.html"]
    assert not shown.xpath("//@src | //@style | //link[@rel != 'alternate'] | //img | //iframe")
    assert shown.xpath("//a[text() = 'Picture']/@href") == [FERRIES.news.image]
    assert page().xpath("//a[@rel='prev']") == []


def test_a_story_without_title_date_lines_or_address_is_still_there() -> None:
    bare = report("Blatt", (None, None), [], [], None)
    bare = replace(bare, news=replace(bare.news, item=replace(bare.news.item, url=None, id="a/b")))
    shown = page(replace(NOTHING, undated=(Entry(bare),)))
    assert shown.xpath("//h3/text()") == ["a/b"]
    assert shown.xpath("//article//a | //article//details") == []
    assert "### a/b" in text_of("md", replace(NOTHING, undated=(Entry(bare),)))


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", " "])
def test_only_addresses_of_the_web_are_links(url: str) -> None:
    item = replace(FERRIES.news.item, url=url)
    evil = replace(FERRIES, news=replace(FERRIES.news, item=item, image=url))
    misses, repeats = (Miss("a", "b", "c", url),), (Repeat("a", "b", url, DAY),)
    shown = replace(NOTHING, entries=(Entry(evil, (evil,)),), misses=misses, repeats=repeats)
    _, _, rich = parts(pages.mail(shown))
    contents = [one.text for one in feed(shown).iterfind(f".//{ATOM}content")]
    for source in (text_of("html", shown), rich, *contents):
        links = html.fromstring(source).xpath("//@href")
        assert all(re.match(r"#|index\.html|feed\.xml", link) for link in links)
    assert f"<{url}>" not in text_of("md", shown)
    assert feed(shown).find(f".//{ATOM}link[@rel='via']") is None


# Hostile text


def test_markup_in_an_article_is_text_in_every_file() -> None:
    shown = all_over(TAG)
    _, _, rich = parts(pages.mail(shown, TAG))
    made = files(shown, [], [], TAG)
    own = len(page().xpath("//script"))
    for name in (f"{DAY}.html", "index.html"):
        assert len(html.fromstring(made[name]).xpath("//script")) == (own if "2026" in name else 0)
    contents = [one.text for one in etree.fromstring(made["feed.xml"]).iter(f"{ATOM}content")]
    for source in (rich, *contents):
        assert "<script" not in source
    rendered = MarkdownIt().use(footnote_plugin).render(made[f"{DAY}.md"].decode())
    assert not html.fromstring(rendered).xpath("//script")
    assert rendered.count("&lt;script&gt;") > 12


def test_control_characters_steer_no_terminal_and_break_no_feed() -> None:
    shown = all_over("a\x1b[31m\x00\x0c\ud800\ufffe\x9b b")
    message = pages.mail(shown, "a\r\nBcc: b@c.example")
    assert "Bcc" not in parts(message)[0]
    for source in (*files(shown, [], [], "\x00").values(), *map(str.encode, parts(message)[1:])):
        assert not re.search(r"[\x00-\x08\x0c\x0e-\x1f\x80-\x9f\ufffe]", source.decode())
    assert feed(shown).find(f".//{ATOM}entry") is not None


# The email


def test_the_email_is_a_draft_of_text_and_html_that_any_server_takes() -> None:
    message = pages.mail(digest(), "Der Überblick")
    parsed, plain, rich = parts(message)
    assert parsed["Subject"] == "Der Überblick: Sunday, 22 November 2026"
    assert parsed["X-Unsent"] == "1"
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]
    assert parsed.get_content_type() == "multipart/alternative"
    assert {"Date", "Message-ID", "From", "To"}.isdisjoint(parsed.keys())
    message.decode("ascii")
    assert max(map(len, message.split(b"\r\n"))) <= 998
    assert b"\n" not in message.replace(b"\r\n", b"")
    assert plain.startswith("Der Überblick\r\n")
    shown = html.fromstring(rich)
    assert shown.xpath("//script | //style | //link | //img | //@class | //@id") == []
    assert len(shown.xpath("//@style")) > 50


# The feed


def test_the_feed_is_valid_atom() -> None:
    parsed = feed()
    assert parsed.tag == f"{ATOM}feed"
    entries = parsed.findall(f"{ATOM}entry")
    assert len(entries) == 8
    for element in (parsed, *entries):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1
        moment = datetime.fromisoformat(element.findtext(f"{ATOM}updated"))
        assert moment.tzinfo
        assert moment <= digest().until
        assert element.findtext(f"{ATOM}id").startswith("urn:uuid:")
    for entry in entries:
        assert entry.findtext(f"{ATOM}author/{ATOM}name")
        assert entry.find(f"{ATOM}content").get("type") == "html"
    ids = page().xpath("//article/@id")
    links = [
        one.get("href") for one in parsed.iterfind(f".//{ATOM}entry/{ATOM}link[@rel='alternate']")
    ]
    assert sorted(links) == sorted(f"2026-11-22.html#{anchor}" for anchor in ids)


def test_ids_in_the_feed_stay_while_a_story_changes_and_differ_from_day_to_day() -> None:
    """A feed reader shows nothing twice and misses no update."""

    def ids(shown: Digest) -> list[str]:
        return [one.text for one in feed(shown).iterfind(f"{ATOM}entry/{ATOM}id")]

    first, *rest = digest().entries
    better = replace(FERRIES, brief=FERRIES.brief | {"title": {"de": "Neu", "en": "New"}})
    reordered = digest(entries=(*rest, replace(first, lead=better)))
    assert sorted(ids(digest())) == sorted(ids(reordered))
    assert len({*ids(digest())}) == 8
    assert {*ids(digest())}.isdisjoint(ids(digest(day=DAY + timedelta(days=1))))


def test_the_feed_has_the_latest_days_the_newest_first() -> None:
    """Making an old day again takes nothing away from the feed."""
    days = [digest(day=DAY + timedelta(days=step), undated=()) for step in range(-8, 3)]
    parsed = feed(days[0], *days)
    links = parsed.findall(f".//{ATOM}entry/{ATOM}link[@rel='alternate']")
    told = [*dict.fromkeys(link.get("href").partition(".")[0] for link in links)]
    newest = DAY + timedelta(days=2)
    assert told == [f"{newest - timedelta(days=step)}" for step in range(FEED_DAYS)]


# The index


def stories(count: int, *papers: str) -> dict[str, int]:
    return dict.fromkeys(papers, count)


def test_the_index_has_every_day_once_the_newest_first() -> None:
    days = [
        Day(DAY - timedelta(days=step), stories(2, "A", "B"), ("<b>",), 3) for step in range(40)
    ]
    shown = html.fromstring(files(digest(), days, [])["index.html"])
    links = shown.xpath("//article//a/@href")
    assert links == [f"{DAY - timedelta(days=step)}.html" for step in range(40)]
    assert shown.xpath("//section/h2/text()") == ["November 2026", "October 2026"]
    first, second = shown.xpath("//article")[:2]
    assert "Wittensiel replaces" in first.text_content()
    assert "4 stories" in second.text_content()
    assert "3 missing" in second.text_content()
    assert "<b>" in second.text_content()


def test_the_chart_says_the_same_as_its_table() -> None:
    days = [(DAY, {"A": 3, "B": 1}), (DAY - timedelta(days=1), {"B": 2})]
    drawn = chart(days)
    assert drawn.sources == ("A", "B")
    assert [(one.day.day, one.counts, one.total) for one in drawn.columns] == [
        (21, (0, 2), 2),
        (22, (3, 1), 4),
    ]
    (low,), (bottom, top) = (one.bars for one in drawn.columns)
    assert (low.colour, low.height) == (2, HEIGHT / 2)
    assert (top.y, top.height + bottom.height) == (0, HEIGHT)
    shown = html.fromstring(text_of("index.html"))
    assert shown.xpath("//tbody/tr[1]/*/text()") == [
        "22 November 2026",
        *"82221 1".replace(" ", ""),
    ]
    assert len(shown.xpath("//svg[@role='img']//rect")) == 5


def test_the_chart_names_no_more_sources_than_it_has_colours_and_drops_none() -> None:
    many = {f"Paper {number}": number + 1 for number in range(COLOURS + 5)}
    drawn = chart([(DAY, many)])
    assert len(drawn.sources) == COLOURS + 1
    assert drawn.sources[-1] == REST
    assert drawn.columns[0].total == sum(many.values()) == sum(drawn.columns[0].counts)
    exactly = chart([(DAY, stories(1, *"abcdefg"))])
    assert exactly.sources == (*"abcdefg",)


def test_the_chart_shows_the_latest_days_and_names_each_month_once() -> None:
    days = [(date(2026, 3, 20) - timedelta(days=step), {"A": 1}) for step in range(100)]
    columns = chart(days).columns
    assert len(columns) == DAYS
    assert columns[-1].day == date(2026, 3, 20)
    assert [one.month for one in columns if one.month] == ["February", "March"]
    assert chart([]).highest == 0


# The reader's own templates


def test_a_template_of_the_readers_own_takes_the_place_of_ours(tmp_path: Path) -> None:
    (tmp_path / "day.html").write_text("<h1>{{ title }} ä</h1>", encoding="utf-8")
    made = files(digest(), [], [], "A & B", tmp_path)
    assert made[f"{DAY}.html"].decode() == "<h1>A &amp; B ä</h1>"
    assert made["index.html"] == files(digest(), [], [], "A & B")["index.html"]
    pages.check(tmp_path)


def test_a_style_of_the_readers_own_is_let_in_by_the_policy(tmp_path: Path) -> None:
    (tmp_path / "daily.css").write_text("h1 { color: green }", encoding="utf-8")
    made = files(digest(), [], [], None, tmp_path)
    for source in (made[f"{DAY}.html"], made["index.html"]):
        (style,) = re.findall(r"<style>(.*?)</style>", source.decode(), re.DOTALL)
        assert style.endswith("color: green }")
        hashed = b64encode(sha256(style.encode()).digest()).decode()
        assert f"style-src 'sha256-{hashed}'" in source.decode()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ title }}\n{% if %}", r"line 2: Expected an expression"),
        ("\n\n{{ titel }}", r"line 3: 'titel' is undefined"),
        ("{{ 1 / 0 }}", r"line 1: division by zero"),
        ("{% include 'none.html' %}", r"line 1: .*none\.html"),
        ("{{ title|loud }}", r"line 1: No filter named 'loud'"),
        (b"\xff", r": .*utf-8"),
    ],
)
def test_an_error_in_a_readers_template_is_one_line_with_its_place(
    tmp_path: Path, source: str | bytes, said: str
) -> None:
    data = source if isinstance(source, bytes) else source.encode()
    (tmp_path / "day.html").write_bytes(data)
    with pytest.raises(OutputError, match=said) as raised:
        files(digest(), [], [], None, tmp_path)
    assert str(tmp_path / "day.html") in str(raised.value)
    assert "\n" not in str(raised.value)


def test_templates_that_cannot_be_used_are_found_before_a_run(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"none of the templates: day\.html"):
        pages.check(tmp_path)
    (tmp_path / "mail.txt").write_text("{% for %}", encoding="utf-8")
    with pytest.raises(OutputError, match=r"mail\.txt, line 1"):
        pages.check(tmp_path)
    (tmp_path / "mail.txt").write_text("{{ titel }}", encoding="utf-8")
    with pytest.raises(OutputError, match=r"mail\.txt, line 1: 'titel' is undefined"):
        pages.check(tmp_path)


def test_the_list_of_templates_is_that_of_the_package() -> None:
    """What can be replaced is what --help and the docs say."""
    root = Path(pages.__file__).parent
    ours = {path.name for path in (root / "templates").iterdir()}
    shared = {"base.css", "page.js"}
    assert {*TEMPLATES} == ours | shared
    assert all((root.parent / "templates" / name).is_file() for name in shared)
    docs = (root.parents[1] / "docs" / "templates.md").read_text(encoding="utf-8")
    assert [name for name in TEMPLATES if f"`{name}`" not in docs] == []
