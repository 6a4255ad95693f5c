"""The page in a real Chromium: what a reader sees, points at, taps and types."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from depesche.brief import Brief, Item, Warning
from depesche.render import render
from summarize import Line
from tests.browser import CHROMIUM, CONTRASTS, EVIL, Tabs, glows, lit
from tests.example import ferries
from translate import Document, Sentence, Translation

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

Show = Callable[..., "Page"]


@pytest.fixture
def show(tabs: Tabs, tmp_path: Path) -> Iterator[Show]:
    """Opens the page of briefs; at the end, no other file was asked for and nothing complained."""
    path = tmp_path / "brief.html"

    def open_page(*briefs: Brief, **options: Any) -> "Page":
        path.write_text("".join(render(briefs or [ferries()], "html")), encoding="utf-8")
        return tabs.open(path, **options)

    yield open_page
    assert set(tabs.requests) == {path.as_uri()}


LINE_3 = {"l3", "s9", "d9", "s10", "d10"}


def test_pointing_at_a_line_lights_its_sentences_in_both_languages(show: Show) -> None:
    page = show()
    assert lit(page) == set()
    page.hover("#l3", position={"x": 40, "y": 15})
    assert lit(page) == LINE_3
    assert all(glows(page, f"#{name}") for name in LINE_3)
    page.hover("h1")
    assert lit(page) == set()


def test_pointing_at_a_sentence_in_either_language_lights_the_line(show: Show) -> None:
    page = show()
    for sentence in ("#s10", "#d10"):
        page.hover("h1")
        page.hover(sentence)
        assert lit(page) == {"l3", "s10", "d10"}
    page.hover("#d6")  # no line rests on it: only its translation answers
    assert lit(page) == {"s6", "d6"}


def test_the_keyboard_alone_goes_from_line_to_passage_and_back(show: Show) -> None:
    page = show()
    page.focus(".dateline a")
    for _ in range(4):
        page.keyboard.press("Tab")
    assert lit(page) == LINE_3
    page.keyboard.press("Enter")
    assert page.url.endswith("#s9")
    page.wait_for_selector("#s10:not(.lit)")  # the page hears of the address a moment later
    assert lit(page) == {"l3", "s9", "d9"}
    page.keyboard.press("Tab")  # on from the passage: its number leads back
    page.keyboard.press("Enter")
    assert page.url.endswith("#l3")
    page.wait_for_selector("#s10.lit")
    assert lit(page) == LINE_3
    page.keyboard.press("Escape")
    assert lit(page) == set()


def test_a_tap_on_a_phone_lights_a_line_and_says_where_its_passage_is(show: Show) -> None:
    page = show(width=390, has_touch=True, is_mobile=True)
    page.tap("#l3", position={"x": 40, "y": 15})
    assert lit(page) == LINE_3
    hint = page.locator("#hint")
    assert hint.inner_text() == "↓ Closest passage: sentence 9"
    hint.tap()
    assert page.locator("#s9").evaluate("e => e.getBoundingClientRect().top < innerHeight")
    assert lit(page) == {"l3", "s9", "d9"}
    page.tap("h3")
    assert lit(page) != {"l3", "s9", "d9"}


def test_a_second_tap_turns_the_light_off(show: Show) -> None:
    page = show(width=390, has_touch=True, is_mobile=True)
    for expected in (LINE_3, set()):
        page.tap("#l3", position={"x": 40, "y": 15})
        assert lit(page) == expected


def test_without_scripts_the_numbers_are_links_and_their_goals_glow(show: Show) -> None:
    page = show(java_script_enabled=False)
    page.click("#l3 .number >> nth=1")
    assert page.url.endswith("#s10")
    assert [name for name in ("s9", "s10", "d9", "d10") if glows(page, f"#{name}")] == [
        "s10",
        "d10",
    ]
    page.click("#s10 .number")
    assert page.url.endswith("#l3")
    assert glows(page, "#l3")
    assert page.locator("#hint").is_hidden()


def test_the_light_stays_within_its_article(show: Show) -> None:
    page = show(ferries(), ferries())
    page.hover("#a2-l2")
    assert lit(page) == {"a2-l2", "a2-s3", "a2-d3"}


def all_over(text: str) -> Brief:
    """A brief with `text` wherever an article, a model or a check can put it."""
    german = Document(text, (Sentence(text, text), Sentence(text, f"\n{text}- ", "item")))
    places: tuple[tuple[int | None, int | None], ...] = ((0, None), (None, 0), (None, None))
    return Brief(
        item=Item(text, text, title=text, url=f"javascript:alert(7)//{text}"),
        translation=Translation(german, german.with_texts([text, text])),
        title=text,
        lines=(Line(text, (0, 1)),),
        warnings=tuple(Warning(text, text, *place) for place in places),
        recipe={text: {text: [text]}},
    )


def test_hostile_articles_run_nothing_and_load_nothing(show: Show) -> None:
    page = show(*map(all_over, EVIL))
    assert page.title() == EVIL[0]
    assert page.locator("h1").all_inner_texts() == [" ".join(evil.split()) for evil in EVIL]
    page.hover("#l1")
    page.click("#l1 .number >> nth=0")
    assert lit(page) == {"l1", "s1", "d1", ""}  # "": the note of the warning on sentence 1
    assert page.locator("img, svg, base, script, style").count() == 2  # the page's own
    assert page.locator("a[href]:not([href^='#'])").count() == 0


def test_what_slips_in_nevertheless_is_stopped_by_the_policy(browser: "Browser") -> None:
    page = browser.new_page()
    page.set_content("".join(render([ferries()], "html")))
    stopped = page.evaluate(
        """async () => {
            const stopped = new Set();
            addEventListener("securitypolicyviolation", e => stopped.add(e.effectiveDirective));
            document.body.insertAdjacentHTML("beforeend",
                "<img src='https://evil.example/a.png'>"
                + "<p style='color: red' onclick='window.owned = true'>");
            const script = document.createElement("script");
            script.textContent = "window.owned = true";
            document.body.append(script);
            document.querySelector("p[onclick]").click();
            await fetch("https://evil.example/").catch(() => {});
            await new Promise(done => setTimeout(done, 50));
            return { owned: window.owned ?? false, stopped: [...stopped].sort() };
        }"""
    )
    page.close()
    directives = "connect-src img-src script-src-attr script-src-elem style-src-attr"
    assert stopped == {"owned": False, "stopped": directives.split()}


def test_nothing_is_scrolled_sideways(show: Show) -> None:
    page = show(ferries(), all_over("Donaudampfschifffahrtsgesellschaftskapitänswitwe" * 4))
    for width in (320, 360, 768, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_languages_stand_side_by_side_where_there_is_room_and_stacked_on_a_phone(
    show: Show,
) -> None:
    for width, beside in ((1280, True), (390, False)):
        page = show(width=width)
        english = page.locator("p[lang=en]").first.bounding_box()
        german = page.locator("p.prose[lang=de]").first.bounding_box()
        assert english
        assert german
        assert (german["y"] == english["y"]) == beside
        assert (german["x"] > english["x"] + english["width"]) == beside


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_lit_or_not_by_day_and_by_night(show: Show, scheme: str) -> None:
    page = show(color_scheme=scheme)
    page.evaluate("document.querySelector('#hint').hidden = false")
    for _ in ("dark", "lit"):
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            contrasts = page.evaluate(CONTRASTS)
            assert len(contrasts) > 40
            assert min(contrasts)[0] >= 4.5, min(contrasts)
        page.eval_on_selector_all("[data-s]", "all => all.forEach(e => e.classList.add('lit'))")


def test_on_paper_it_is_black_on_white_with_the_address_and_without_the_hint(show: Show) -> None:
    page = show(color_scheme="dark")
    page.hover("#l3", position={"x": 40, "y": 15})
    page.emulate_media(media="print", color_scheme="dark")
    body = page.eval_on_selector(
        "body", "e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor]"
    )
    assert body == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert page.locator("#hint").is_hidden()
    assert not glows(page, "#s9")
    address = page.eval_on_selector(".dateline a", "e => getComputedStyle(e, '::after').content")
    assert "anzeiger.example" in address
    assert page.pdf().startswith(b"%PDF")
