"""English sentences and stems."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarize import english


@pytest.mark.parametrize(
    "sentences",
    [
        ["The council met.", "It voted for the bridge.", "Will it last?", "Nobody knows!"],
        ["Dr. Weidner met Gen. Petermann and Mr. J. K. Lindner.", "They talked."],
        ["He flew to the U.S. President's ranch.", "She stayed in the U.S.", "The talks failed."],
        ["It rose by 1.5 percent to 2.3 million euros.", "5,000 people came."],
        ["The train left at 5 p.m. Tuesday.", "It was late."],
        ['"We won."', "She smiled.", '"Really?" he asked.', "“Yes.”", "(It was true.)"],
        ["It costs $4.", "£3 is enough.", "That is No. 1 on Jan. 5, he said."],
        ["Wait…", "Then it fell."],
        ["He said no.", "They left at once."],
        ["Lindner Inc. sued.", "Lindner Inc. of Nordheim paid."],
    ],
)
def test_sentences_end_where_a_reader_ends_them(sentences: list[str]) -> None:
    """A wrong end would put half a sentence into the brief."""
    assert english.sentences(" ".join(sentences)) == sentences


def test_paragraphs_end_sentences_but_wrapped_lines_do_not() -> None:
    """A headline would run into the text, or a mail's lines would be torn apart."""
    wrapped = "The council met on Tuesday to\nvote on the bridge. Nobody is\nagainst it any more."
    assert english.sentences(f"Council votes\n\n{wrapped}") == [
        "Council votes",
        "The council met on Tuesday to vote on the bridge.",
        "Nobody is against it any more.",
    ]
    long = "The council met on Tuesday, and it talked and talked and talked " * 3
    headed = f"Council votes\n{long}\nBridge to open"
    assert english.sentences(headed) == ["Council votes", long.strip(), "Bridge to open"]


@given(st.text(alphabet="aB.!?\"' \n\t5…”“", max_size=80))
def test_spans_keep_every_letter_in_order(text: str) -> None:
    """Something of the article would be missing without a word said."""
    spans = list(english.spans(text))
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())
    assert all(text[a:b] == text[a:b].strip() for a, b in spans)


@pytest.mark.parametrize("unit", [".", "\n", " ", ". ", ".'", "A. ", "\n ", "a", "1,"])
def test_time_grows_with_the_text_and_not_with_its_square(unit: str) -> None:
    """A text made for it would stop a whole batch."""
    start = time.process_time()
    english.sentences(unit * 100_000)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("sentence", "is_complete"),
    [
        ("He left.", True),
        ('"He left."', True),
        ("He left", False),
        ("He met Mr.", False),
        ("He left,", False),
        ("He said no.", True),
        ("", False),
    ],
)
def test_a_sentence_is_complete_with_its_stop(sentence: str, is_complete: bool) -> None:
    """A brief would end in the middle of a sentence."""
    assert english.is_complete(sentence) is is_complete


@pytest.mark.parametrize(
    "words",
    [
        ("Ukraine", "Ukrainian", "Ukrainians"),
        ("vote", "votes", "voted", "voting"),
        ("president", "presidency"),
        ("Minister", "ministers", "ministry"),
        ("quick", "quickly"),
    ],
)
def test_related_words_share_a_stem(words: tuple[str, ...]) -> None:
    """A line's passage would not be found where the line inflects its words."""
    assert len({english.stem(word) for word in words}) == 1


def test_numbers_and_different_words_keep_apart() -> None:
    """One amount would stand as evidence for another."""
    assert english.stem("1234567") != english.stem("1234568")
    assert len({english.stem(word) for word in ("war", "was", "wage", "Prague", "prison")}) == 5
    assert english.content("The U.S. pays 1.5 million of it.") == ["u.s.", "pay", "1.5", "millio"]
    assert english.content("The US told us so.") == ["us", "told"]
