"""Without this, an article could get another one's brief, or a line the wrong sentence."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import pytest

from depesche import __version__, pipeline
from depesche.brief import Brief, Failure, Item
from depesche.pipeline import Pipeline
from summarize import Line
from tests.fake import FakeModel
from translate import Glossary, Translator

ARTICLE = """# Rat beschließt Brücke

Der Gemeinderat hat am Dienstag den Bau einer neuen Brücke beschlossen. Sie kostet viel Geld.

## Wie es weitergeht

Im Frühjahr beginnen die Arbeiten am östlichen Ufer."""


class LastSentence:
    """A summarizer that takes the last sentence, and remembers what it was given."""

    recipe: dict[str, Any] = {"model": "last"}  # noqa: RUF012

    def __init__(self) -> None:
        self.given: list[list[str]] = []

    def summarize_all(
        self, articles: Iterable[Sequence[str]], words: int = 60
    ) -> Iterator[list[Line]]:
        for sentences in articles:
            self.given.append(list(sentences))
            yield [Line(sentences[-1], (len(sentences) - 1,))]

    def summarize(self, sentences: Sequence[str], words: int = 60) -> list[Line]:
        return next(self.summarize_all(iter([sentences]), words))


def chain(**how: Any) -> Pipeline:
    model = FakeModel(reply=lambda text: f"It is said: {len(text)}.")
    translator = Translator(model, glossary=Glossary([]))
    return Pipeline(translator, LastSentence(), words=60, **how)


def briefs(*items: Item | Failure, **how: Any) -> list[Brief | Failure]:
    return list(chain(**how).briefs(items))


def one(item: Item, **how: Any) -> Brief:
    (brief,) = briefs(item, **how)
    assert isinstance(brief, Brief)
    return brief


def test_a_line_leads_to_its_german_sentence() -> None:
    """Headings are not given to the summarizer, so its indices are not the document's."""
    brief = one(Item("a", ARTICLE))
    assert brief.lines
    (line,) = brief.lines
    assert line.evidence == (4,)
    assert brief.translation.source.sentences[4].text.startswith("Im Frühjahr")
    assert brief.translation.target.sentences[4].text == line.text


def test_what_is_not_prose_is_not_summarized() -> None:
    summarizer = LastSentence()
    list(Pipeline(None, summarizer, words=60).briefs([Item("a", "# One\n\nTwo is here.\n\n***")]))
    assert summarizer.given == [["Two is here."]]


def test_headings_alone_are_summarized_as_they_are() -> None:
    summarizer = LastSentence()
    list(Pipeline(None, summarizer, words=60).briefs([Item("a", "# One\n\n# Two")]))
    assert summarizer.given == [["One", "Two"]]


def test_order_is_kept_and_failures_pass() -> None:
    items: list[Item | Failure] = [
        Item("a", ARTICLE),
        Failure(Item("b", ""), "no such file"),
        Item("c", "The council decided on Tuesday to build a new bridge across the old river."),
        Item("d", "   "),
        Item("e", ARTICLE),
    ]
    found = briefs(*items)
    assert [result.item.id for result in found] == ["a", "b", "c", "d", "e"]
    assert [type(result) for result in found] == [Brief, Failure, Failure, Failure, Brief]
    reasons = [result.reason for result in found if isinstance(result, Failure)]
    assert "English, not German; --force" in reasons[1]
    assert reasons[2] == "no sentences in it"


def test_force_translates_other_languages() -> None:
    text = "The council decided on Tuesday to build a new bridge across the old river."
    assert one(Item("c", text), force=True).lines


def test_a_title_of_its_own_is_translated_with_the_text() -> None:
    brief = one(Item("a", ARTICLE, title="Neue  Brücke\nkommt"))
    assert brief.title == "It is said: 17."
    assert len(brief.translation.source.sentences) == 5


def test_a_title_that_is_in_the_text_is_not_translated_twice() -> None:
    brief = one(Item("a", ARTICLE, title="Rat beschließt Brücke"))
    assert brief.title == brief.translation.target.sentences[0].text


def test_without_a_title_there_is_none() -> None:
    assert one(Item("a", ARTICLE)).title is None


def test_notes_on_sentences_become_warnings() -> None:
    brief = one(Item("a", "Im Jahr 2019 kamen 4.300 Gäste in die Stadt am Fluss."))
    assert {(w.kind, w.sentence) for w in brief.warnings} >= {("number", 0)}


def test_an_endless_source_is_briefed_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "WINDOW", 10)
    items = iter(lambda: Item("a", ARTICLE), None)
    assert len(list(islice(chain().briefs(items), 7))) == 7


def test_the_recipe_says_how_it_was_made() -> None:
    recipe = one(Item("a", ARTICLE)).recipe
    assert recipe["depesche"] == __version__
    assert recipe["translator"]["model"] == "fake"
    assert recipe["summarizer"] == {"model": "last"}
    assert recipe["words"] == 60


def test_translation_alone_has_no_lines() -> None:
    translator = Translator(FakeModel(), glossary=Glossary([]))
    (brief,) = Pipeline(translator, None, words=0).briefs([Item("a", ARTICLE)])
    assert isinstance(brief, Brief)
    assert brief.lines is None
    assert "summarizer" not in brief.recipe


def test_english_is_summarized_without_a_translator() -> None:
    text = "Mr. Weidner of the U.S. team spoke. It was late."
    (brief,) = Pipeline(None, LastSentence(), words=60).briefs([Item("a", text, title="A talk")])
    assert isinstance(brief, Brief)
    assert not brief.is_translated
    assert [s.text for s in brief.translation.target.sentences][-1] == "It was late."
    assert len(brief.translation.target.sentences) == 2
    assert brief.title == "A talk"


class Invents(LastSentence):
    """A summarizer whose lines say what the text does not."""

    def __init__(self, *texts: str, evidence: int = 0) -> None:
        super().__init__()
        self.line = Line(texts[0], (evidence,), alternatives=texts[1:])

    def summarize_all(
        self, articles: Iterable[Sequence[str]], words: int = 60
    ) -> Iterator[list[Line]]:
        yield from ([self.line] for _ in articles)


ENGLISH = "The council of Altenbruck met on Tuesday. The bridge costs 4.2 million euros."


def summary(summarizer: Invents, text: str = ENGLISH) -> Brief:
    (brief,) = Pipeline(None, summarizer, words=60).briefs([Item("a", text)])
    assert isinstance(brief, Brief)
    return brief


def test_a_line_with_an_invented_number_gives_way_to_another_wording() -> None:
    brief = summary(Invents("It costs 9 million euros.", "It costs 4.2 million euros."))
    assert [line.text for line in brief.lines or ()] == ["It costs 4.2 million euros."]
    assert brief.warnings == ()


def test_or_to_the_sentence_it_should_have_said() -> None:
    brief = summary(Invents("It costs 9 million euros.", "It costs 8 million.", evidence=1))
    assert [line.text for line in brief.lines or ()] == ["The bridge costs 4.2 million euros."]


def translated(reply: str, text: str) -> Brief:
    """The brief of a text whose every sentence becomes `reply`, which is its line, too."""
    translator = Translator(FakeModel(reply=lambda _: reply), glossary=Glossary([]))
    (brief,) = Pipeline(translator, Invents(reply), words=60).briefs([Item("a", text)])
    assert isinstance(brief, Brief)
    return brief


def test_a_name_that_the_german_does_not_have_is_flagged() -> None:
    """The English sentence has it, because the translation put it for another."""
    text = "Der Außenminister reiste am Abend nach {} und sprach dort mit der Regierung."
    reply = "The foreign minister went to Nairobi in the evening."
    (warning,) = (w for w in translated(reply, text.format("Tunis")).warnings if w.line == 0)
    assert warning.detail == "not found in the text: Nairobi"
    assert not [w for w in translated(reply, text.format("Nairobi")).warnings if w.line == 0]


def test_names_are_known_where_the_translation_does_without_the_bundled_ones() -> None:
    """Kyiv is right for Kiew, whether or not --no-names was given."""
    text = "Der Außenminister reiste am Abend nach Kiew und sprach dort mit der Regierung."
    brief = translated("The foreign minister went to Kyiv in the evening.", text)
    assert not [w for w in brief.warnings if w.line == 0]


def test_a_number_that_the_german_does_not_have_is_flagged() -> None:
    """The English sentence has it, because the translation changed it."""
    model = FakeModel(reply=lambda _: "In 2019 the town paid 4,800 euros for its guests there.")
    translator = Translator(model, glossary=Glossary([]))
    summarizer = Invents("The town paid 4,800 euros.")
    text = "Im Jahr 2019 zahlte die Stadt 4.300 Euro für ihre Gäste am Fluss."
    (brief,) = Pipeline(translator, summarizer, words=60).briefs([Item("a", text)])
    assert isinstance(brief, Brief)
    assert [w.line for w in brief.warnings if w.kind == "unsupported"] == [0]
    assert any("4,800" in w.detail for w in brief.warnings if w.line == 0)
