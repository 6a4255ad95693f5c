"""What a model wrote becomes sentences that can stand in a brief."""

import pytest

from summarize.polish import polished
from tests.news import BRIDGE

ARTICLE = " ".join(BRIDGE)
GOOD = "The council voted for a new bridge."


def test_good_text_comes_through_unchanged() -> None:
    """Polishing would cost a good brief its sentences."""
    text = f"{GOOD} It will cost 42 million euros. “We have waited long enough,” the mayor said."
    assert " ".join(polished(text, ARTICLE)) == text


@pytest.mark.parametrize(
    "line",
    [
        "CNN.com will feature iReporter photos in a weekly Travel Snapshots gallery.",
        "Please submit your best shots for next week.",
        "Back to Mail Online home.",
        "Back to the page you came from.",
        "Click here for all the latest news.",
        "For confidential support call the Samaritans on 08457 90 90 90.",
        "See www.samaritans.org for details.",
        "In the U.S. call the National Suicide Prevention Line on 1-800-273-8255.",
        "The video was posted on YouTube by a passer-by.",
        "Follow us on Twitter.",
        "Share your story with us.",
    ],
)
def test_furniture_that_models_learned_by_heart_is_removed(line: str) -> None:
    """Readers would be sent to pages that have nothing to do with the article."""
    assert polished(f"{GOOD} {line}", ARTICLE) == [GOOD]


def test_what_the_source_says_stays() -> None:
    """An article about a help line or a video would lose its point."""
    for line, source in (
        ("Call the Samaritans for help.", "She told people to call the Samaritans."),
        ("The video was taken at night.", "A video of the robbery was shown in court."),
        ("Click here is a bad link text.", "Nobody should write 'click here', experts say."),
    ):
        assert polished(line, source) == [line]


@pytest.mark.parametrize("text", ["The council voted for", "The mayor met Mr."])
def test_half_sentences_are_removed(text: str) -> None:
    """A brief would end in mid-sentence."""
    assert polished(f"{GOOD} {text}", ARTICLE) == [GOOD]
    assert polished(text, ARTICLE) == []


def test_odd_spacing_is_put_right() -> None:
    """The spaces that CNN/DM models put before stops would show."""
    spaced = " The council voted for a new bridge .  It opens in 2028 , late . "
    assert polished(spaced, ARTICLE) == [GOOD, "It opens in 2028, late."]


def test_sentences_without_a_stop_between_them_are_told_apart_by_their_lines() -> None:
    """A model that writes a line a sentence would have all of it taken for one."""
    assert polished(f"{GOOD}\nIt opens in 2028.", ARTICLE) == [GOOD, "It opens in 2028."]


def test_loops_and_repetitions_do_not_pass() -> None:
    """The reader would be told the same thing again and again."""
    assert polished("The bridge and the bridge " * 5 + "fell.", ARTICLE) == []
    assert polished("no " * 30 + "bridge.", ARTICLE) == []
    assert polished(f"{GOOD} It opens in 2028. {GOOD}", ARTICLE) == [GOOD, "It opens in 2028."]


def test_nothing_comes_of_nothing() -> None:
    """An empty output would crash the batch."""
    assert polished("", ARTICLE) == []
    assert polished(" . ", ARTICLE) == []
