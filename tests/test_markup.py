"""Without this, tags would be translated, or words between them lost."""

import pytest

from depesche.markup import plain, unmarked


@pytest.mark.parametrize(
    "text",
    [
        "Der Rat tagt.\nEr tagt lange.\n\nDann nicht mehr.",
        "3 < 4 und 5 > 2, sagte er; A & B, R&D; und <Name>.",
        "Die Mail an <a@b.de> kam <nie> an.",
        "",
    ],
)
def test_what_is_no_html_stays_as_it_is(text: str) -> None:
    assert unmarked(text) == text


def test_paragraphs_of_html_are_paragraphs_of_text() -> None:
    """The lines of the source are no lines of the text."""
    html = (
        "<h2>Brücke gesperrt</h2>\n<p>Die Br&uuml;cke <b>bleibt</b>\nbis Mai "
        '<a href="/x?a=1&amp;b=2">gesperrt</a>.</p><p>Das sagte die&nbsp;Stadt.<br/>Mehr nicht.</p>'
        "<script>alert(1)</script>"
    )
    assert unmarked(html).split("\n\n") == [
        "Brücke gesperrt",
        "Die Brücke bleibt bis Mai gesperrt.",
        "Das sagte die Stadt.",
        "Mehr nicht.",
    ]


def test_lines_stay_where_no_tag_breaks_them() -> None:
    text = "Die Br&uuml;cke <em>bleibt</em> gesperrt.\n\nDas sagte die Stadt."
    assert unmarked(text) == "Die Brücke bleibt gesperrt.\n\nDas sagte die Stadt."


def test_what_was_escaped_twice_is_no_text_either() -> None:
    assert (
        unmarked("&lt;p&gt;Die Brücke&lt;/p&gt;&lt;p&gt;bleibt.&lt;/p&gt;") == "Die Brücke\nbleibt."
    )
    assert plain("&lt;b&gt;Die&lt;/b&gt; Brücke") == "Die Brücke"


def test_broken_tags_lose_no_words() -> None:
    assert unmarked("<p>Die <b>Brücke bleibt</p><p>gesperrt.") == "Die Brücke bleibt\n\ngesperrt."


def test_nothing_is_cut_because_it_is_long_or_deep_or_comes_after_the_end() -> None:
    """The rest of the article would be missing, and nobody would know."""
    long = unmarked(f"<p>{'Wort ' * 2_200_000}Ende.</p><p>Schluss.</p>")
    assert len(long) > 11_000_000
    assert long.endswith("Wort Ende.\n\nSchluss.")
    assert unmarked("<div>" * 400 + "Tief." + "</div>" * 400 + "<p>Ende.") == "Tief.\n\nEnde."
    assert unmarked("Eins.</div></body></html><p>Zwei.</p>") == "Eins.\n\nZwei."
    assert unmarked("<html><head><title>T</title></head><body><p>Eins.</p></body>") == "Eins."


@pytest.mark.parametrize("tags", ["div", "b", "ul li", "span b blockquote"])
def test_what_nests_deeper_than_the_parser_follows_is_read_to_its_end(tags: str) -> None:
    """An editor that never closes its tags would cost the rest of every long article."""
    start = "".join(f"<{tag}>" for tag in tags.split())
    end = "".join(f"</{tag}>" for tag in reversed(tags.split()))
    html = (
        f"<p>Anfang.</p>{start * 3000}Tief.<figure><p>Ein Bild</p></figure>{end * 3000}<p>Ende."
        f"{start * 2100}<p>Nachtrag &amp; Schluss."
    )
    assert unmarked(html).split("\n\n") == ["Anfang.", "Tief.", "Ende.", "Nachtrag & Schluss."]
    hostile = f"<p>Anfang.</p>{'<figure>' * 3000}Bild{'</figure>' * 3000}<p>Ende."
    assert unmarked(hostile) == ""  # and never a part as if it were all
