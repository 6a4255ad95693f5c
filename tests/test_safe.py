"""What a feed, a page or a model says stays text, wherever it is shown."""

import lxml.etree as etree
import pytest
from hypothesis import given
from hypothesis import strategies as st

from depesche.safe import for_xml, is_link, leaves, one_line, printable


@pytest.mark.parametrize("url", ["http://a.example", "HTTPS://ä.example/b?c=d#e", "https://a/ü"])
def test_addresses_of_the_web_are_links(url: str) -> None:
    assert is_link(url)


@pytest.mark.parametrize(
    "url",
    [
        *(
            None,
            "",
            "a.html",
            "//a.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///a",
        ),
        *("java\nscript:x", " https://a.example", "https://a b", "https://a<b>", "https://a\x00"),
    ],
)
def test_nothing_else_is_a_link(url: str | None) -> None:
    assert not is_link(url)


@given(st.text(st.characters(codec=None)))
def test_an_xml_parser_takes_any_text(text: str) -> None:
    """One strange character in one headline makes no feed unreadable."""
    safe = for_xml(text).replace("&", "&amp;").replace("<", "&lt;")
    parsed = etree.fromstring(f"<a>{safe}</a>".encode())
    assert (parsed.text or "") == for_xml(text).replace("\r\n", "\n").replace("\r", "\n")


def test_no_text_steers_a_terminal() -> None:
    assert printable("a\x1b[31m\x9b\r\n\tb\x7f") == "a\ufffd[31m\ufffd\r\n\tb\ufffd"
    assert one_line(" a\n\t b\r") == "a b"


def test_a_recipe_is_told_by_its_leaves() -> None:
    recipe = {"depesche": "0.1", "model": {"id": "ä", "beam": 4, "stops": [None]}}
    assert [*leaves(recipe)] == [
        ("depesche", "0.1"),
        ("model.id", "ä"),
        ("model.beam", "4"),
        ("model.stops", "[null]"),
    ]
