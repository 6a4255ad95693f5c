"""Every format shows the whole brief, and nothing in an article can break out of it."""

import json
import re
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import html
from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin

from depesche.brief import Brief, Item, Warning
from depesche.render import Format, record, render
from summarize import Line
from tests.example import ferries
from translate import Document, Sentence, Translation

READABLE: tuple[Format, ...] = ("text", "txt", "md", "html")


def shown(brief: Brief, form: Format) -> str:
    return "".join(render([brief], form))


def parsed(page: str) -> Any:
    return html.fromstring(page)


def english_only(brief: Brief) -> Brief:
    document = brief.translation.target
    return replace(brief, translation=Translation(document, document))


def short(german: Document, *english: str, **changed: object) -> Brief:
    """A brief of `german` that has nothing but its translation, and what is `changed`."""
    fields = {"item": Item("a.txt", ""), "title": None, **changed}
    return Brief(translation=Translation(german, german.with_texts(english)), **fields)  # type: ignore[arg-type]


# JSON


def test_json_is_one_line_an_input_as_documented() -> None:
    """Programs that read the documented fields go on working."""
    docs = (Path(__file__).parents[1] / "docs" / "json.md").read_text(encoding="utf-8")
    documented = json.loads(docs.split("```json")[1].split("```")[0])
    lines = "".join(render([ferries(), english_only(ferries())], "json")).splitlines()
    assert len(lines) == 2
    both, english = map(json.loads, lines)
    assert list(both) == list(documented)
    assert both["title"].keys() == documented["title"].keys()
    assert both["published"] == "2026-11-18T06:40:00+00:00"
    assert both["sentences"][2] == {
        "de": "Die Kosten von 48,6 Millionen Euro trägt zur Hälfte das Land.",
        "en": "The state will bear half of the cost of 48.6 million euros.",
    }
    assert both["brief"][1] == {
        "text": "The state pays half of the 48.6 million euros.",
        "evidence": [2],
    }
    assert both["warnings"] == [
        {"kind": "number", "sentence": 3, "detail": "“halb sechs” may have changed"},
        {"kind": "name", "line": 2, "detail": "“passengers’ association” is not in the German"},
    ]
    assert english["title"] == {"en": both["title"]["en"]}
    assert english["sentences"] == [{"en": s["en"]} for s in both["sentences"]]


def test_json_of_a_translation_has_no_brief() -> None:
    assert "brief" not in record(ferries(lines=None))
    assert record(ferries(lines=()))["brief"] == []


# Terminal and plain text


def test_text_has_the_brief_then_the_warnings_then_the_paragraphs() -> None:
    text = shown(ferries(), "txt")
    parts = [
        "Wittensiel replaces its diesel ferries",
        "- The state pays half of the 48.6 million euros. [3]\n",
        "! Sentence 4, number: “halb sechs” may have changed\n",
        "! Line 3, name: “passengers’ association” is not in the German\n",
        "[3] The state will bear half of the cost of 48.6 million euros.\n\n[4] “If you",
        "## What will change\n\n- The Nordkai",
        "translator.model: Helsinki-NLP/opus-mt-de-en",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert "\x1b" not in text
    unnumbered = re.sub(r"\[\d+\] ", "", text)
    assert str(ferries().translation.target) in unnumbered


def test_a_translation_alone_is_the_text_and_nothing_else() -> None:
    """Piped into another program, it needs no clean-up; a title inside is not said twice."""
    german = Document("", (Sentence("Titel", "\n\n", "heading"), Sentence("Ein Satz.", "\n")))
    brief = short(german, "Title", "A sentence.", title="Title")
    assert shown(brief, "txt") == "Title\n\nA sentence.\n"
    assert shown(brief, "md") == "# Title\n\nA sentence.\n"


def test_hard_wrapped_paragraphs_flow_and_others_stay_apart() -> None:
    wrapped = Document("", (Sentence("Ein\nSatz.", "\n"), Sentence("Noch einer.", "\n")))
    apart = Document("", (Sentence("Ein Satz.", "\n"), Sentence("Noch einer.", "\n")))
    english = ("A sentence.", "Another one.")
    assert shown(short(wrapped, *english), "txt") == "A sentence. Another one.\n"
    assert shown(short(apart, *english), "txt") == "A sentence.\nAnother one.\n"
    assert shown(short(apart, *english), "md") == "A sentence.\n\nAnother one.\n"
    stray = Document("", (Sentence("Ein\nSatz.", "\n"), *apart.sentences))
    assert shown(short(stray, "One.", *english), "txt") == "One.\nA sentence.\nAnother one.\n"
    page = parsed(shown(short(wrapped, *english), "html"))
    assert len(page.xpath("//p[@class='prose'][@lang='en']")) == 1


def test_several_texts_are_told_apart() -> None:
    both = [ferries(), ferries(title="Second")]
    assert "\n\n* * *\n\nSecond\n" in "".join(render(both, "txt"))
    assert "\n\n---\n\n# Second\n" in "".join(render(both, "md"))


def test_the_terminal_is_never_wider_than_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = shown(ferries(), "text")
    lines = re.sub(r"\x1b\[[\d;]*m", "", coloured).splitlines()
    assert coloured != "\n".join(lines)
    # Words longer than a line, as a model's revision is, are broken and not lost.
    assert max(map(len, lines)) <= 40
    assert "  vessels will replace Wittensiel’s" in [line.rstrip() for line in lines]
    words = " ".join(lines).split()
    assert set(shown(ferries(), "txt").split()) - set(words) <= {
        "6183067f769a302e3861815543b9f312c71b0ca4;",
        "https://anzeiger.example/wittensiel/faehren-2027",
    }


@pytest.mark.parametrize("form", ["text", "txt", "md"])
def test_an_article_cannot_steer_the_terminal(form: Format) -> None:
    evil = "Harm\x1b]0;owned\x07less \x9b2J \x08 \rtext"
    german = Document("", (Sentence(evil, "\n"),))
    item = Item(evil, evil, title=evil, url=evil)
    lines = (Line(evil, (0,)),)
    warnings = (Warning("name", evil, 0),)
    brief = short(
        german, evil, item=item, title=evil, lines=lines, warnings=warnings, recipe={"a": evil}
    )
    output = re.sub(r"\x1b\[[\d;]*m", "", shown(brief, form))  # the terminal's own colours
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", output)
    assert "owned" in output


# Markdown


PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"]).use(footnote_plugin)


def rendered(markdown: str) -> Any:
    return parsed(f"<div>{PARSER.render(markdown)}</div>")


def test_markdown_footnotes_hold_the_passage_in_both_languages() -> None:
    page = rendered("".join(render([ferries(), ferries()], "md")))
    notes = [" ".join(note.text_content().split()) for note in page.xpath("//section//li")]
    assert len(notes) == 10  # five for each of the two, none taken for another's
    assert notes[2].startswith(
        "Closest passage, sentence 3: The state will bear half of the cost of 48.6 million euros. "
        "German: Die Kosten von 48,6 Millionen Euro trägt zur Hälfte das Land."
    )
    line = page.xpath("//li[contains(., 'From 1 March')]")[0]
    assert len(line.xpath(".//sup")) == 2


def test_markdown_keeps_the_structure_of_the_article() -> None:
    page = rendered(shown(ferries(), "md"))
    assert [h.text for h in page.xpath("//h2")] == ["Dispute over the fare", "What will change"]
    assert page.xpath("//ul/li[contains(., 'bascule bridge')]")
    warnings = [" ".join(li.text_content().split()) for li in page.xpath("//blockquote//li")]
    assert warnings[0].startswith("⚠ Sentence 4, number: “halb sechs” may have changed (“If you")


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        ("Ein Titel\n\nEin erster Satz.", ["h1", "p"]),
        ("Ein Satz.\n\nEin Titel\n\nEin Satz.", ["p", "h2", "p"]),
        ("Ein Titel\n=========\n\nEin erster Satz.", ["h1", "p"]),
        ("### Ein Titel\n\nEin erster Satz.", ["h3", "p"]),
        ("Es gibt:\n\n• rote Schiffe,\n• blaue Schiffe.", ["p", "ul", "li", "li"]),
        ("Es gibt:\n\n(a) rote Schiffe,\n(b) blaue Schiffe.", ["p", "p", "p"]),
        ("| Ort | Preis |\n| --- | --- |\n| Kai | 2 Euro |", ["table"]),
        ("Ein Satz.\n\n```\nif a < b:\n    call(*b)\n```\n\nEin Satz.", ["p", "pre", "p"]),
        ("> Ein Satz mit *Sternen*.", ["blockquote", "p"]),
    ],
)
def test_markdown_shows_what_the_parser_found(text: str, elements: list[str]) -> None:
    document = Document.parse(text)
    page = rendered(shown(short(document, *[s.text for s in document.sentences]), "md"))
    tags = "h1 h2 h3 p ul li table pre blockquote".split()
    assert [e.tag for e in page.iter() if e.tag in tags] == elements
    assert "".join(page.xpath("//pre/code/text()")) in ("", "if a < b:\n    call(*b)\n")


@example("1 #")
@given(
    st.text(st.sampled_from("ab1 *_`[]()<>#-+.&;|~\\!:/^=\"'\t\n$@"), min_size=1)
    | st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1)
)
def test_markdown_reads_as_the_text_whatever_is_in_it(text: str) -> None:
    words = " ".join(text.split()) or "x"
    german = Document("", (Sentence("Satz.", "\n\n"), Sentence(words, "\n")))
    brief = short(german, "Sentence.", words, title=words, lines=(Line(words, (1,)),))
    page = rendered(shown(brief, "md"))
    is_rule = re.fullmatch(r"([-*_])( ?\1){2,}", words)
    read = [" ".join(p.text_content().split()) for p in page.xpath("//h1|//ul/li|./p")]
    assert read == [words, f"{words}[1]", "Sentence."] + [words] * (not is_rule)


def test_only_web_addresses_become_links() -> None:
    for url in ("javascript:alert(1)", "JAVASCRIPT:x", " http://a b", "data:text/html,x", "//a.de"):
        brief = replace(ferries(), item=replace(ferries().item, url=url))
        assert not rendered(shown(brief, "md")).xpath("//a[not(starts-with(@href, '#'))]")
        page = parsed(shown(brief, "html"))
        assert not page.xpath("//a[@href][not(starts-with(@href, '#'))]")
        assert url.strip() in page.text_content()  # shown nevertheless


# HTML


def test_the_page_is_one_file_that_lets_in_nothing_but_its_own_style_and_script() -> None:
    text = shown(ferries(), "html")
    page = parsed(text)
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives["default-src"] == "'none'"
    for name in ("style", "script"):
        (source,) = re.findall(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)
        digest = b64encode(sha256(source.encode()).digest()).decode()
        assert directives[f"{name}-src"] == f"'sha256-{digest}'"
    assert not page.xpath("//@src | //link | //@style | //@onclick | //iframe | //form")


def test_the_page_promises_no_more_than_it_can() -> None:
    text = shown(ferries(), "html").lower()
    assert "closest passage" in text
    assert "verified" not in text


def test_every_link_inside_a_page_of_several_articles_has_one_goal() -> None:
    page = parsed("".join(render([ferries()] * 3, "html")))
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in page.xpath("//a/@href[starts-with(., '#')]")} <= set(ids)
    assert len(page.xpath("//article")) == 3


def test_an_english_text_has_one_column() -> None:
    page = parsed(shown(english_only(ferries()), "html"))
    assert not page.xpath("//*[@lang='de']")
    assert len(page.xpath("//*[starts-with(@id, 's')]")) == 18


# All formats


@pytest.mark.parametrize("form", READABLE)
def test_no_format_drops_a_warning(form: Format) -> None:
    brief = ferries(warnings=(*ferries().warnings, Warning("language", "much of it is Dutch")))
    text = " ".join(re.sub(r"\x1b\[[\d;]*m", "", shown(brief, form)).split())
    for detail in ("halb sechs” may have", "is not in the German", "much of it is Dutch"):
        assert detail in text


@pytest.mark.parametrize("form", [*READABLE, "json"])
def test_each_brief_is_written_before_the_next_is_made(form: Format) -> None:
    """A batch runs in constant memory, and a reader need not wait for the last article."""
    made = 0

    def briefs() -> Iterator[Brief]:
        nonlocal made
        for number in range(3):
            made += 1
            yield ferries(title=f"Number {number}")

    for chunk in render(briefs(), form):
        if "Number 1" in chunk:
            assert made == 2
            return
    raise AssertionError("the second brief is missing")


@pytest.mark.parametrize("form", [*READABLE, "json"])
def test_no_input_is_no_error(form: Format) -> None:
    assert ("<main>" in "".join(render([], form))) == (form == "html")
    document = Document("", ())
    assert shown(Brief(Item("a", ""), Translation(document, document), None, ()), form)


@pytest.mark.parametrize("form", ["txt", "md", "json", "html"])
def test_ten_thousand_sentences_take_less_than_a_second(form: Format) -> None:
    german = Document(
        "", (Sentence("Ein ganz gewöhnlicher Satz mit einigen Wörtern.", " "),) * 10_000
    )
    brief = short(german, *["A quite ordinary sentence with some words."] * 10_000)
    shown(ferries(), form)  # the template is compiled once
    start = time.process_time()
    shown(brief, form)
    assert time.process_time() - start < 1
