"""The daily pages in a real Chromium: what a reader sees in the morning, points at and taps."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from depesche.daily.news import Digest
from depesche.daily.pages import Day, files
from tests.browser import CHROMIUM, CONTRASTS, EVIL, Tabs, glows, lit
from tests.edition import DAY, all_over, digest

if TYPE_CHECKING:
    from playwright.sync_api import Page, Position

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

Show = Callable[..., "Page"]
WEEKS = [
    Day(DAY - timedelta(days=step), {"Nordpost": step % 5, "Küstenkurier": 3}, ("Rain",), 1)
    for step in range(1, 40)
]


@pytest.fixture
def show(tabs: Tabs, tmp_path: Path) -> Iterator[Show]:
    """Opens a page; at the end, nothing but these pages was asked for and nothing complained."""

    def open_page(shown: Digest | None = None, name: str = f"{DAY}.html", **options: Any) -> "Page":
        for file, data in files(shown or digest(), WEEKS, []).items():
            (tmp_path / file).write_bytes(data)
        return tabs.open(tmp_path / name, **options)

    yield open_page
    pages = {(tmp_path / name).as_uri() for name in (f"{DAY}.html", "index.html")}
    assert {request.partition("#")[0] for request in tabs.requests} <= pages


PHONE = {"width": 360, "has_touch": True, "is_mobile": True}
ANCHOR = ".story >> nth=0"


def first(page: "Page", *names: str) -> set[str]:
    """The ids of these parts of the first story."""
    anchor = page.locator(ANCHOR).get_attribute("id")
    return {f"{anchor}-{name}" for name in names}


def line(page: "Page", number: int) -> str:
    """The selector of a line of the first story."""
    return f"#{page.locator(ANCHOR).get_attribute('id')}-l{number}"


LEFT: "Position" = {"x": 40, "y": 15}  # on a line's words, beside its numbers


def test_beside_the_brief_its_passages_stand_and_light_up_with_its_lines(show: Show) -> None:
    page = show()
    told = page.locator(".told").first.bounding_box()
    passages = page.locator(".evidence").first.bounding_box()
    assert told
    assert passages
    assert passages["x"] > told["x"] + told["width"]
    assert abs(passages["y"] - told["y"]) < 20
    page.hover(line(page, 1), position=LEFT)
    assert lit(page) == first(page, "l1", "s1", "d1", "s2", "d2")
    for side in ("s3", "d3"):
        page.hover("h1")
        assert lit(page) == set()
        page.hover(f"[id='{first(page, side).pop()}']")
        assert lit(page) == first(page, "l2", "s3", "d3")


def test_the_keyboard_alone_goes_from_line_to_passage_and_back(show: Show) -> None:
    page = show()
    page.focus(".byline a >> nth=1")
    page.keyboard.press("Tab")
    assert lit(page) == first(page, "l1", "s1", "d1", "s2", "d2")
    page.keyboard.press("Enter")
    assert page.url.endswith("-s1")
    page.wait_for_selector(f"[id='{first(page, 'd2').pop()}']:not(.lit)")
    assert lit(page) == first(page, "l1", "s1", "d1")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("-l1")
    page.wait_for_selector(".lit[id$='-d2']")  # the page hears of the address a moment later
    page.keyboard.press("Escape")
    assert lit(page) == set()


def test_on_a_phone_a_tap_on_a_line_unfolds_its_passages_and_says_where_they_are(
    show: Show,
) -> None:
    page = show(**PHONE)
    evidence = page.locator(".evidence").first
    assert evidence.get_attribute("open") is None
    page.tap(line(page, 2), position=LEFT)
    assert evidence.get_attribute("open") is not None
    assert page.locator(".evidence[open]").count() == 1
    page.evaluate("scrollTo(0, 0)")
    hint = page.locator("#hint")
    hint.wait_for()
    assert hint.inner_text() == "↓ Closest passage: sentence 3"
    hint.tap()
    passage = first(page, "s3").pop()
    assert page.locator(f"#{passage}").evaluate("e => e.getBoundingClientRect().top < innerHeight")


def test_without_scripts_passages_unfold_and_their_numbers_are_links(show: Show) -> None:
    page = show(java_script_enabled=False, **PHONE)
    assert page.locator(".passage").first.is_hidden()
    page.locator("summary").first.tap()
    assert page.locator(".passage").first.is_visible()
    page.locator(".line .number >> nth=2").tap()
    assert page.url.endswith("-s3")
    assert all(glows(page, f"#{name}") for name in first(page, "s3", "d3"))
    assert not glows(page, ".story")
    page.locator(".passage .number >> nth=2").tap()
    assert page.url.endswith("-l2")
    assert glows(page, line(page, 2))


def test_a_number_leads_to_its_passage_also_while_that_is_folded(show: Show) -> None:
    """Also without scripts: the browser unfolds what an address leads to."""
    for scripts in (True, False):
        page = show(java_script_enabled=scripts, **PHONE)
        page.locator(".line .number >> nth=2").tap()
        passage = page.locator(f"#{first(page, 's3').pop()}")
        assert passage.is_visible()
        assert passage.evaluate("e => e.getBoundingClientRect().top < innerHeight")


def test_categories_and_days_are_a_click_away(show: Show) -> None:
    page = show()
    page.click("nav a:has-text('Culture')")
    heading = page.locator("h2:has-text('Culture')").bounding_box()
    bar = page.locator("nav").bounding_box()
    assert heading
    assert bar
    assert bar["y"] == 0  # it stays in reach and covers no heading
    assert bar["height"] < heading["y"] < 800
    page.click("text=All days")
    page.click("article:first-of-type h3 a")
    assert page.url.endswith(f"{DAY}.html")


def test_hostile_feeds_run_nothing_and_load_nothing(show: Show) -> None:
    evil = " ".join(EVIL)
    page = show(all_over(evil))
    assert page.locator("h3").all_inner_texts() == [" ".join(evil.split())] * 2
    page.hover(".line >> nth=0")
    page.click(".line .number >> nth=0")
    assert page.locator("img, svg, base, script, style, iframe").count() == 2  # the page's own
    outside = "a[href]:not([href^='#'], [href='index.html'], [rel='prev'])"
    assert page.locator(outside).count() == 0
    index = show(all_over(evil), "index.html")
    assert index.locator("img, base, script, iframe").count() == 0
    headlines = index.locator("article").first.locator("li").all_inner_texts()
    assert headlines == [" ".join(evil.split())] * 2


@pytest.mark.parametrize("name", [f"{DAY}.html", "index.html"])
def test_nothing_is_scrolled_sideways(show: Show, name: str) -> None:
    for shown in (digest(), all_over("Donaudampfschifffahrtsgesellschaftskapitänswitwe" * 4)):
        page = show(shown, name)
        page.eval_on_selector_all("details", "all => all.forEach(e => { e.open = true })")
        for width in (320, 360, 768, 1000, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") == width


def test_on_a_phone_the_chart_shows_the_latest_days_first(show: Show) -> None:
    page = show(name="index.html", **PHONE)
    newest = page.locator(".plot a").last.bounding_box()
    assert newest
    assert 0 < newest["x"] < 360 - newest["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_lit_or_not_by_day_and_by_night(show: Show, scheme: str) -> None:
    for name in (f"{DAY}.html", "index.html"):
        page = show(name=name, color_scheme=scheme)
        page.eval_on_selector_all("details", "all => all.forEach(e => { e.open = true })")
        for _ in ("dark", "lit"):
            contrasts = [one for one in page.evaluate(CONTRASTS) if isinstance(one[1], str)]
            assert len(contrasts) > 40
            assert min(contrasts)[0] >= 4.5, min(contrasts)
            page.eval_on_selector_all("[data-s]", "all => all.forEach(e => e.classList.add('lit'))")


def test_on_paper_passages_stand_beside_the_brief_in_black_on_white(show: Show) -> None:
    page = show(color_scheme="dark", **PHONE)
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size({"width": 794, "height": 1100})
    page.locator(".evidence[open]").first.wait_for()
    assert page.locator(".evidence:not([open])").count() == 0
    body = page.eval_on_selector(
        "body", "e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor]"
    )
    assert body == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert page.locator("nav").is_hidden()
    address = page.eval_on_selector(".byline a", "e => getComputedStyle(e, '::after').content")
    assert "wittensiel" in address
    assert page.pdf().startswith(b"%PDF")
