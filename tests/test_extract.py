"""The summarizer that picks sentences."""

import json
import time
from collections.abc import Iterator
from itertools import count, islice

import numpy as np
import pytest

import summarize
from bench.summaries import SUMMARIES
from depesche.evaluate.briefs import rouge
from summarize import Line, english
from summarize.extract import Extract, bundled_weights
from tests.news import BRIDGE
from training.extract import Example, examples, learn, without_own_article

extract = Extract()


def _picked(sentences: list[str], words: int = 60) -> list[int]:
    return [i for line in extract.summarize(sentences, words) for i in line.evidence]


def _length(lines: list[Line]) -> int:
    return sum(english.words(line.text) for line in lines)


def test_a_brief_is_sentences_of_the_article_with_their_indices() -> None:
    """A reader could not find the German sentence behind a line."""
    lines = extract.summarize(BRIDGE)
    assert [line.text for line in lines] == [BRIDGE[i] for line in lines for i in line.evidence]
    assert all(len(line.evidence) == 1 for line in lines)
    indices = [line.evidence for line in lines]
    assert indices == sorted(set(indices))
    assert 0 in _picked(list(BRIDGE))


@pytest.mark.parametrize("words", [20, 40, 60, 90, 120, 180])
def test_a_brief_is_as_long_as_asked_within_a_fifth(words: int) -> None:
    """`--words` would say one thing and do another."""
    assert 0.8 * words <= _length(extract.summarize(BRIDGE, words)) <= 1.2 * words


def test_the_same_article_gives_the_same_brief() -> None:
    """A batch run again would differ."""
    assert extract.summarize(BRIDGE) == Extract().summarize(list(BRIDGE))


def test_a_brief_says_nothing_twice() -> None:
    """An agency's text often repeats its lead; the brief would spend its words on it."""
    again = "On Tuesday the town council of Altenbruck voted to replace the old Linde bridge."
    picked = _picked([BRIDGE[0], again, *BRIDGE[1:]])
    assert len({0, 1} & set(picked)) == 1


def test_what_reads_badly_alone_is_not_picked_alone() -> None:
    """Half a thought, a question, a heading and page furniture make no brief."""
    bad = ["Who pays?", "The council of Altenbruck", "Read more about the council of Altenbruck."]
    for words in (30, 60, 90):
        article = bad + list(BRIDGE)
        picked = _picked(article, words)
        assert not {0, 1, 2} & set(picked)
        for i in picked:
            leans = article[i].startswith(("But", "It", "Its", '"'))
            assert not leans or i - 1 in picked


def test_short_articles_come_back_as_they_are() -> None:
    """A notice of three lines would lose one of them."""
    short = [*BRIDGE[:3], "* * *", ""]
    assert extract.summarize(short) == [Line(text, (i,)) for i, text in enumerate(BRIDGE[:3])]
    assert extract.summarize([]) == extract.summarize(["", " ", "***"]) == []


def test_text_without_a_readable_sentence_still_gives_a_brief() -> None:
    """A list of headings would crash or come out empty."""
    headings = [f"Heading number {i} of the council" for i in range(40)]
    assert 48 <= _length(extract.summarize(headings)) <= 72
    endless = " ".join(f"word{i}" for i in range(500)) + "."
    assert extract.summarize([endless, endless + " More."], 60) == [Line(endless, (0,))]


def test_line_breaks_within_a_sentence_do_not_show() -> None:
    """A line of the brief would be two."""
    wrapped = [sentence.replace(" the ", "\n  the ") for sentence in BRIDGE]
    assert extract.summarize(wrapped) == extract.summarize(BRIDGE)


def test_long_texts_take_time_in_proportion() -> None:
    """A book would take the square of an article's time."""
    book = [sentence.replace("the", f"the {i}th") for i in range(600) for sentence in BRIDGE]
    start = time.process_time()
    lines = extract.summarize(book)
    assert time.process_time() - start < 15
    assert [line.text for line in lines] == [book[i] for line in lines for i in line.evidence]
    assert 48 <= _length(lines) <= 72


def test_articles_are_taken_as_they_come() -> None:
    """A feed that never ends would never give a brief."""

    def endless() -> Iterator[list[str]]:
        for i in count():
            yield [f"This is article {i}.", *BRIDGE]

    briefs = list(islice(extract.summarize_all(endless()), 3))
    assert len(briefs) == 3


def test_the_recipe_names_the_weights() -> None:
    """Briefs made with other weights could not be told from these."""
    recipe = summarize.load("extract").recipe
    assert recipe == json.loads(json.dumps(recipe))
    assert recipe["model"] == "extract"
    assert len(recipe["revision"]) == 12


@pytest.fixture(scope="module")
def written() -> dict[str, list[Example]]:
    """People's briefs, by the name of their set."""
    if not SUMMARIES.is_dir():
        pytest.skip("no ../shared/summaries")
    return {name: examples(SUMMARIES / f"{name}-dev.jsonl") for name in ("cnndm", "writers")}


@pytest.mark.parametrize(
    ("name", "rouge1", "rouge2"),
    [("cnndm", 30.23 + 1.0, 11.31 + 0.5), ("writers", 37.39, 13.75)],
)
def test_briefs_are_better_than_the_lead(
    written: dict[str, list[Example]], name: str, rouge1: float, rouge2: float
) -> None:
    """The bundled summarizer would be worth less than the article's first 60 words.

    Each article is scored with weights learned without it; the lead's figures are those that
    `python -m bench.summaries` prints.
    """
    given = written[name]
    briefs = [
        [line.text for line in Extract(weights).summarize(example.article.sentences)]
        for example, weights in zip(given, without_own_article(given, folds=2), strict=True)
    ]
    ours = rouge(briefs, [example.brief for example in given])
    assert np.mean(ours["rouge1"]) >= rouge1
    assert np.mean(ours["rouge2"]) >= rouge2


def test_the_kept_script_makes_the_bundled_weights(written: dict[str, list[Example]]) -> None:
    """Nobody could tell where the weights come from."""
    learned, bundled = learn(written["cnndm"] + written["writers"]), bundled_weights()
    assert np.allclose(learned.words, bundled.words, atol=1e-3)
    assert np.allclose(learned.pairs, bundled.pairs, atol=1e-3)
