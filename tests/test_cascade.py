"""Without this, a sentence that went wrong would stay wrong, or a good one be made worse."""

from collections.abc import Sequence

import pytest

from seq2seq import Decoding, Hypothesis
from tests.fake import FakeModel
from translate.cascade import Cascade, Rendering
from translate.glossary import Glossary, Term

GERMAN = "Im Jahr 2019 zahlte die Stadt 4.300 Euro an den Verein, weil der Saal gesperrt war."
ENGLISH = "In 2019 the city paid the club 4,300 euros because the hall was closed."


class Scripted(FakeModel):
    """Answers each source with its hypotheses; what it was not told, it says well."""

    def __init__(self, script: dict[str, list[str]]) -> None:
        super().__init__()
        self.script = script

    def generate(self, texts: Sequence[str], decoding: Decoding) -> list[list[Hypothesis]]:
        self.calls.append((list(texts), decoding))
        found = [self.script.get(text, ["It is as it is, and it will stay so."]) for text in texts]
        return [
            [Hypothesis(text) for text in (texts * decoding.hypotheses)[: decoding.hypotheses]]
            for texts in found
        ]


def render(model: FakeModel, *sources: str, terms: Sequence[Term] = ()) -> list[Rendering]:
    return Cascade(model, model.decoding, 200, Glossary(terms)).render(sources)


def test_a_good_translation_costs_one_call() -> None:
    model = Scripted({GERMAN: [ENGLISH]})
    assert render(model, GERMAN) == [Rendering(ENGLISH)]
    assert len(model.calls) == 1


def test_the_beam_holds_a_better_one() -> None:
    wrong = ENGLISH.replace("4,300", "4.3")
    (rendering,) = render(Scripted({GERMAN: [wrong, wrong, ENGLISH]}), GERMAN)
    assert rendering == Rendering(ENGLISH, step="beam")


def test_without_retries_the_first_attempt_stays_and_is_judged() -> None:
    """What the cascade is worth could not be measured."""
    wrong = ENGLISH.replace("4,300", "4.3")
    model = Scripted({GERMAN: [wrong, ENGLISH]})
    cascade = Cascade(model, model.decoding, 200, Glossary(()), retries=False)
    (rendering,) = cascade.render([GERMAN])
    assert (rendering.text, [f.kind for f in rendering.findings]) == (wrong, ["number"])
    assert len(model.calls) == 1


def test_only_what_fails_is_tried_again() -> None:
    model = Scripted({GERMAN: ["the the the the the"], "Es ist so.": ["It is so."]})
    render(model, "Es ist so.", GERMAN)
    assert all(GERMAN in call or "Verein" in " ".join(call) for call, _ in model.calls[1:])
    assert not any("Es ist so." in call for call, _ in model.calls[1:])


def test_a_loop_is_decoded_without_repetition() -> None:
    class Loops(Scripted):
        def generate(self, texts: Sequence[str], decoding: Decoding) -> list[list[Hypothesis]]:
            self.script = {GERMAN: [ENGLISH if decoding.no_repeat_ngram else "city " * 30]}
            return super().generate(texts, decoding)

    (rendering,) = render(Loops({}), GERMAN)
    assert rendering == Rendering(ENGLISH, step="repetition")


def test_clause_by_clause_where_the_whole_loses_a_number() -> None:
    first, second = GERMAN.split("weil")
    model = Scripted(
        {
            GERMAN: ["In 2019 the city paid the club because the hall had been closed for long."],
            first.strip(): ["In 2019 the city paid the club 4,300 euros,"],
            f"weil{second}": ["because the hall was closed."],
        }
    )
    (rendering,) = render(model, GERMAN)
    assert rendering.step == "split"
    assert rendering.text.endswith("4,300 euros, because the hall was closed.")


def test_an_address_that_the_model_spoils_is_kept_from_it() -> None:
    source = "Mehr dazu steht auf www.beispiel.de/saal und bei @saalverein."
    model = Scripted(
        {
            source: ["More can be found on www.example.com and at the club."],
            "Mehr dazu steht auf": ["More can be found on"],
            "und bei": ["and at"],
        }
    )
    (rendering,) = render(model, source)
    assert rendering == Rendering(
        "More can be found on www.beispiel.de/saal and at @saalverein.", step="mask"
    )


def test_what_still_fails_says_so() -> None:
    (rendering,) = render(FakeModel(reply=lambda _: "no no no no no no"), GERMAN)
    assert {f.kind for f in rendering.findings} >= {"loop", "number"}


def test_nothing_worse_replaces_what_is_there() -> None:
    wrong = ENGLISH.replace("4,300", "4,200")
    model = Scripted({GERMAN: [wrong, "bad bad bad bad bad"]})
    (rendering,) = render(model, GERMAN)
    assert rendering.text == wrong
    assert [f.kind for f in rendering.findings] == ["number"]


def test_a_term_is_put_where_the_model_left_german() -> None:
    source = "Die Pionieren halfen am Fluss beim Bau der Brücke."
    model = Scripted({source: ["The Pionieren helped to build the bridge by the river."]})
    (rendering,) = render(model, source, terms=[Term("Pioniere", "sappers")])
    assert rendering == Rendering("The sappers helped to build the bridge by the river.")


def test_a_term_that_the_model_translated_otherwise_is_put_into_its_source() -> None:
    source = "Die Pioniere halfen am Fluss beim Bau der Brücke."
    model = Scripted(
        {
            source: ["The pioneers helped to build the bridge by the river."],
            source.replace("Pioniere", "sappers"): [
                "The sappers helped to build the bridge by the river."
            ],
        }
    )
    (rendering,) = render(model, source, terms=[Term("Pioniere", "sappers")])
    assert rendering == Rendering(
        "The sappers helped to build the bridge by the river.", step="term"
    )


def test_a_term_that_could_not_be_placed_is_said() -> None:
    source = "Die Pioniere halfen am Fluss beim Bau der Brücke."
    model = FakeModel(reply=lambda _: "The pioneers helped to build the bridge by the river.")
    (rendering,) = render(model, source, terms=[Term("Pioniere", "sappers")])
    assert rendering.text == "The pioneers helped to build the bridge by the river."
    assert [(f.kind, f.detail) for f in rendering.findings] == [("term", "Pioniere → sappers")]


@pytest.mark.parametrize("beam", [1, 2, 4])
def test_any_beam_works(beam: int) -> None:
    model = Scripted({GERMAN: ["the the the the", ENGLISH]})
    model.decoding = Decoding(beam=beam)
    assert render(model, GERMAN)[0].text == ENGLISH
