"""A reader sees each story once, and never two stories under one heading."""

import random
import time
from datetime import UTC, datetime, timedelta

import pytest

from bench.stories import SHARED, labelled, score
from depesche.stories import WINDOW, Story, additions, group, matches

LINDAU = [
    Story(
        "Fire destroys sawmill in Lindau",
        "A fire destroyed a sawmill in Lindau on Monday night. Fire chief Karin Obermaier said 80"
        " firefighters fought the flames for six hours. Two workers were taken to hospital. The"
        " damage is put at 4 million euros.",
    ),
    Story(
        "Two injured in sawmill blaze at Lindau",
        "Two workers were injured when a sawmill in Lindau burned down on Monday. The flames could"
        " be seen across Lake Constance, said fire chief Karin Obermaier. Some 80 firefighters were"
        " called out. The owner puts his loss at 4 million euros.",
    ),
    Story(
        "Sawmill burns to the ground",
        "The Lindau sawmill is gone. Where 35 people worked until Monday, 80 firefighters left only"
        " ashes. The police suspect a faulty cable. Obermaier, the fire chief, praised her crews.",
    ),
]
GOSLAR = [
    Story(
        "Fire destroys furniture store in Goslar",
        "A fire destroyed a furniture store in Goslar on Tuesday night. Fire chief Jens Petersen"
        " said 120 firefighters fought the flames until morning. Nobody was taken to hospital. The"
        " damage is put at 9 million euros.",
    ),
    Story(
        "Furniture store in Goslar burned out",
        "In Goslar a furniture store burned out on Tuesday. Nobody was injured. About 120"
        " firefighters were there, said fire chief Jens Petersen. The damage: 9 million euros.",
    ),
]
VOTE = [
    Story(
        "Harsberg votes for the bridge",
        "The people of Harsberg voted for a new bridge over the Nahe on Sunday. Mayor Ulla Brandt"
        " said building would begin in 2028. It costs 31 million euros.",
    ),
    Story(
        "Majority for new Nahe bridge",
        "A majority of 58 percent in Harsberg wants the new bridge over the Nahe. Mayor Ulla Brandt"
        " was pleased with Sunday's result. The bridge is to cost 31 million euros.",
    ),
]
DAY = [*LINDAU, *GOSLAR, *VOTE]
LATER = Story(
    "Arrest after sawmill fire in Lindau",
    "After the fire at the Lindau sawmill police arrested a man from Bregenz, aged 52. Fire chief"
    " Karin Obermaier had ruled out a faulty cable.",
)


def test_reports_of_one_event_are_one_story_and_events_that_look_alike_are_two() -> None:
    assert group(DAY) == [[0, 1, 2], [3, 4], [5, 6]]


def test_two_events_told_in_the_same_sentences_are_two_stories() -> None:
    """As one paper writes of the fires, matches and verdicts of a day."""

    def fire(town: str, chief: str, crews: int) -> Story:
        return Story(
            f"Fire destroys warehouse in {town}",
            f"A fire destroyed a warehouse in {town} in the night. Some {crews} firefighters were"
            f" at work until the morning, fire chief {chief} said. Residents were asked to keep"
            " their windows closed. The flames had reached the roof at about 2 o'clock. The cause"
            f" is not yet known. The road to {town} was closed for hours.",
        )

    fires = [fire("Lindau", "Karin Obermaier", 80), fire("Goslar", "Jens Petersen", 120)]
    assert group(fires) == [[0], [1]]


def test_two_fires_with_one_report_each_stay_apart() -> None:
    assert group([LINDAU[0], GOSLAR[0]]) == [[0], [1]]


def test_one_event_alone_is_one_story() -> None:
    """Where every story has the same words, none of them tells anything apart."""
    assert group(VOTE) == [[0, 1]]


def test_the_order_of_the_feeds_changes_nothing() -> None:
    expected = {frozenset(DAY[index] for index in members) for members in group(DAY)}
    for seed in range(5):
        shuffled = random.Random(seed).sample(DAY, len(DAY))
        found = group(shuffled)
        assert {frozenset(shuffled[index] for index in members) for members in found} == expected
        assert found == sorted(sorted(members) for members in found)


@pytest.mark.parametrize(
    ("stories", "expected"),
    [
        ([], []),
        ([VOTE[0]], [[0]]),
        ([VOTE[0]] * 3, [[0, 1, 2]]),
        ([Story("", "Heavy rain is expected.")] * 2, [[0, 1]]),
        ([Story("", ""), Story("", "")], [[0], [1]]),
        ([Story("The", "And so on."), Story("", "He was there.")], [[0], [1]]),
    ],
)
def test_few_equal_and_empty_stories(stories: list[Story], expected: list[list[int]]) -> None:
    assert group(stories) == expected


def test_what_is_published_much_later_is_another_story() -> None:
    """A match or a market report reads the same every week."""
    monday = datetime(2026, 11, 16, 9, tzinfo=UTC)
    first, second = (Story(story.title, story.text, monday) for story in VOTE)
    assert group([first, second]) == [[0, 1]]
    late = Story(second.title, second.text, monday + WINDOW + timedelta(hours=1))
    assert group([first, late]) == [[0], [1]]
    assert group([VOTE[0], late]) == [[0, 1]], "one date is not known"


def test_a_story_of_yesterday_is_known_again_and_what_is_new_is_named() -> None:
    assert matches([LATER, VOTE[1], GOSLAR[1]], [*LINDAU, VOTE[0]]) == [0, 3, None]
    assert matches([LATER], []) == [None]
    assert additions(LATER, LINDAU) == ["Bregenz", "52"]
    assert additions(LINDAU[0], LINDAU) == []


def test_a_day_of_two_thousand_stories_takes_seconds() -> None:
    """An index, not every pair: four times the stories must not take sixteen times as long."""
    draw = random.Random(0)
    words = ["".join(draw.choices("abcdefghijklmnop", k=6)) for _ in range(20_000)]

    def seconds(count: int) -> float:
        stories = [Story("", " ".join(draw.choices(words, k=60)) + ".") for _ in range(count)]
        begin = time.process_time()
        assert len(group(stories)) > count / 2
        return time.process_time() - begin

    assert seconds(2000) < 10 * seconds(500)


@pytest.mark.skipif(not (SHARED / "grouping").exists(), reason="the labelled news is not here")
@pytest.mark.parametrize(
    ("name", "precision", "f1"), [("ecbplus-dev", 0.85, 0.88), ("duc2004-dev", 0.99, 0.85)]
)
def test_labelled_news_is_grouped_as_well_as_it_was(name: str, precision: float, f1: float) -> None:
    stories, labels = labelled(name)
    result = score(group(stories), labels)
    assert result.precision >= precision, result
    assert result.f1 >= f1, result
