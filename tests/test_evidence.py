"""Which passages a line is shown to come from."""

import random
import time

import pytest

from summarize.evidence import Passages
from tests.news import BRIDGE

passages = Passages(BRIDGE)


@pytest.mark.parametrize(
    ("line", "evidence"),
    [
        (BRIDGE[8], (8,)),
        ("A replacement costing 42 million euros will open in autumn 2028.", (1,)),
        ("The bridge has closed to lorries since 2019.", (5,)),
        ("An engineering report had found 130 cracks.", (4,)),
        ("Jonas Petermann of the opposition calls it a gamble.", (9,)),
    ],
)
def test_a_line_points_to_the_passage_it_rewords(line: str, evidence: tuple[int, ...]) -> None:
    """A reader who checks a line would be shown another sentence."""
    assert passages.closest(line) == evidence


def test_a_line_made_of_two_sentences_points_to_both() -> None:
    """Half of what a fused line says could not be checked."""
    line = "Kleinwalde's regional government pays 60 percent, while pupils go by bus via Nordheim."
    assert set(passages.closest(line)) == {7, 13}


def test_the_best_passage_comes_first() -> None:
    """Who looks up one passage only would look up the lesser one."""
    line = "The regional government in Kleinwalde pays 60 percent, Weidner said, of a cycle path."
    assert passages.closest(line)[0] == 7


def test_at_most_three_passages() -> None:
    """Evidence that is the whole article is none."""
    halves = (sentence[: len(sentence) // 2] for sentence in BRIDGE[4:9])
    assert len(passages.closest(" ".join(halves))) == 3


def test_invented_text_has_no_evidence() -> None:
    """A line from nowhere would look supported."""
    assert passages.closest("Penguins thrive in Antarctica.") == ()
    assert passages.closest("") == ()
    assert Passages([]).closest("The council voted.") == ()


def test_shortened_sentences_are_found_again() -> None:
    """Most lines are shortened sentences: nearly all must point to their own."""
    chance = random.Random(1)
    hits = 0
    for _ in range(20):
        for i, sentence in enumerate(BRIDGE):
            kept = [word for word in sentence.split() if chance.random() < 0.7]
            hits += passages.closest(" ".join(kept))[:1] == (i,)
    assert hits >= 0.95 * 20 * len(BRIDGE)


def test_a_thousand_lines_a_second() -> None:
    """Evidence would take longer than the batch that it is for."""
    article = [f"{sentence} It was report {i}." for i, sentence in enumerate(BRIDGE * 2)]
    start = time.process_time()
    for _ in range(100):
        found = Passages(article)
        for sentence in BRIDGE[:4]:
            found.closest(sentence[: len(sentence) // 2])
    assert time.process_time() - start < 2  # seconds for 400 lines; it takes a quarter of that
