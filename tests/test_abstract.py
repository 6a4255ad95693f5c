"""Briefs that a model writes: no input lost, no output taken on trust."""

import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

import summarize
from seq2seq import ModelError
from summarize import Line, english
from summarize.abstract import UNUSABLE, WINDOW, Abstract
from tests.news import BRIDGE
from tests.writer import Writer, lead

BRIEF = "The council voted for a new bridge. It will cost 42 million euros."


def _says(*hypotheses: str) -> Callable[[str], list[str]]:
    return lambda _: list(hypotheses)


def _texts(lines: list[Line]) -> list[str]:
    return [line.text for line in lines]


def _numbered(articles: int) -> list[list[str]]:
    return [[f"Bridge {i} of Altenbruck was voted on.", *BRIDGE] for i in range(articles)]


def test_a_brief_is_what_the_model_says_with_its_evidence() -> None:
    """The model would be run in vain, or its lines could not be traced."""
    assert Abstract(Writer(_says(BRIEF))).summarize(BRIDGE) == [
        Line("The council voted for a new bridge.", (0, 1)),
        Line("It will cost 42 million euros.", (1,)),
    ]


def test_furniture_half_sentences_and_odd_spaces_go() -> None:
    """What is wrong with every such model's output would reach the reader."""
    said = f" {BRIEF.replace('.', ' .')} Back to Mail Online home . The mayor of the town of"
    assert _texts(Abstract(Writer(_says(said))).summarize(BRIDGE)) == english.sentences(BRIEF)


def test_the_next_hypothesis_stands_in_for_a_bad_one() -> None:
    """A good brief would be thrown away because a bad one scored higher."""
    writer = Writer(_says("The bridge and the bridge " * 9, "The mayor and", BRIEF))
    assert _texts(Abstract(writer).summarize(BRIDGE)) == english.sentences(BRIEF)


@pytest.mark.parametrize(
    "said", ["", "the bridge of " * 30, "The council voted for", "Penguins thrive in Antarctica."]
)
def test_bad_output_becomes_sentences_of_the_article_and_says_so(said: str) -> None:
    """A reader would get nonsense, nothing, or another summarizer's work unawares."""
    lines = Abstract(Writer(_says(said))).summarize(BRIDGE)
    picked = summarize.load("extract").summarize(BRIDGE)
    assert lines == [Line(line.text, line.evidence, UNUSABLE) for line in picked]


def test_one_bad_article_does_not_spoil_the_others() -> None:
    """A batch would fall back as a whole."""
    articles = _numbered(5)
    writer = Writer(lambda text: [""] if "Bridge 3" in text else lead(text))
    briefs = list(Abstract(writer).summarize_all(articles))
    assert [bool(brief[0].note) for brief in briefs] == [False, False, False, True, False]


def test_other_wordings_of_a_line_are_kept() -> None:
    """A checker that rejects a line would have nothing to put in its place."""
    other = "Altenbruck's council voted for a bridge. Pupils go by bus."
    best, second = Abstract(Writer(_says(BRIEF, other, BRIEF))).summarize(BRIDGE)
    assert best.alternatives == ("Altenbruck's council voted for a bridge.",)
    assert second.alternatives == ()


@pytest.mark.parametrize(("words", "tokens"), [(30, (28, 56)), (60, (56, 112)), (120, (112, 225))])
def test_limits_follow_from_the_words_asked_for(words: int, tokens: tuple[int, int]) -> None:
    """`--words` would do nothing."""
    writer = Writer(token=5)  # 1.3 tokens a word, as BART has
    Abstract(writer).summarize(BRIDGE * 2, words)
    [(_, decoding)] = writer.calls
    assert (decoding.min_tokens, decoding.max_tokens) == tokens
    assert decoding.hypotheses == decoding.beam == 4
    assert decoding.length_penalty == Writer.decoding.length_penalty


def test_limits_follow_from_the_input_too() -> None:
    """A model forced to make 60 words of 80 invents some."""
    writer = Writer()
    sentences = list(BRIDGE[:6])
    Abstract(writer).summarize(sentences)
    [([text], decoding)] = writer.calls
    assert 72 < english.words(text) < 90
    assert decoding.min_tokens < writer.count([text])[0] // 2 < decoding.max_tokens
    assert decoding.max_tokens < writer.count([text])[0]


def test_a_brief_is_not_longer_than_asked() -> None:
    """Four lines too many would make a page of a hundred briefs unreadable."""
    lines = Abstract(Writer(lambda text: [text])).summarize(BRIDGE)
    assert 48 <= sum(english.words(line.text) for line in lines) <= 72


def test_short_articles_come_back_as_they_are_without_the_model() -> None:
    """A notice of three lines would be padded with inventions."""
    writer = Writer()
    assert Abstract(writer).summarize([*BRIDGE[:2], "", "***"]) == [
        Line(BRIDGE[0], (0,)),
        Line(BRIDGE[1], (1,)),
    ]
    assert Abstract(writer).summarize([]) == []
    assert not writer.calls


def test_long_articles_are_read_to_the_end_and_merged() -> None:
    """What stands after the first 1,024 tokens would be dropped silently."""
    article = [
        f"In street {i} of Altenbruck, {s[0].lower()}{s[1:]}" for i in range(20) for s in BRIDGE
    ]
    writer = Writer()
    lines = Abstract(writer).summarize(article)
    (parts, _), (merged, _), *_ = writer.calls
    assert len(parts) > 5
    assert " ".join(parts) == " ".join(article)
    assert " ".join(merged) == " ".join(brief for part in parts for brief in lead(part))
    assert sum(english.words(line.text) for line in lines) <= 72


def test_merged_briefs_that_are_short_enough_stay() -> None:
    """A second round would cost time and could only lose something."""
    article = [f"{sentence[:-1]} in part {i}." for i in range(7) for sentence in BRIDGE]
    writer = Writer(lambda text: [f"Altenbruck has {text.split()[-1]} bridges."])
    lines = Abstract(writer).summarize(article)
    assert len(writer.calls) == 1
    assert len(writer.read) == len(lines) > 1


def test_a_model_that_never_gets_shorter_comes_to_an_end() -> None:
    """One article would stop the batch for ever."""
    article = [f"{sentence[:-1]} in part {i}." for i in range(12) for sentence in BRIDGE]
    lines = Abstract(Writer(lambda text: [text])).summarize(article)
    assert {line.note for line in lines} == {UNUSABLE}
    assert sum(english.words(line.text) for line in lines) <= 72


def test_articles_share_a_call() -> None:
    """The engine would get one article at a time and idle."""
    writer = Writer()
    assert len(list(Abstract(writer).summarize_all(_numbered(WINDOW)))) == WINDOW
    assert len(writer.calls) == 1


def test_order_is_kept() -> None:
    """A brief would stand under another article."""
    long = _numbered(1)[0] * 12
    articles = [
        [f"Note {i}."] if i % 3 else long if i % 2 else a for i, a in enumerate(_numbered(9))
    ]
    together = list(Abstract(Writer()).summarize_all(articles))
    assert together == [Abstract(Writer()).summarize(article) for article in articles]


def test_articles_are_taken_a_window_at_a_time() -> None:
    """A batch of a million would need the memory of a million."""
    taken = 0

    def endless() -> Iterator[list[str]]:
        nonlocal taken
        while True:
            taken += 1
            yield list(BRIDGE)

    assert len(list(islice(Abstract(Writer()).summarize_all(endless()), WINDOW + 1))) == WINDOW + 1
    assert taken == 2 * WINDOW


def test_the_recipe_says_how_lines_were_made() -> None:
    """Two briefs made differently would look the same."""
    recipe = Abstract(Writer()).recipe
    assert recipe == json.loads(json.dumps(recipe))
    assert recipe["model"] == "writer"
    assert recipe["beam"] == 4


def test_a_random_model_still_gives_a_brief(tiny_bart_dir: Path) -> None:
    """The real engine would disagree with the double used here."""
    abstract = summarize.load(str(tiny_bart_dir), engine="torch", device="cpu")
    lines = abstract.summarize(BRIDGE[:6], 10)
    assert lines
    assert all(line.evidence for line in lines)


def test_a_model_that_does_not_exist_is_said_so(tmp_path: Path) -> None:
    """A misspelt name would end in a traceback."""
    with pytest.raises(ModelError):
        summarize.load(str(tmp_path / "none"), offline=True)
