"""Without this, a translation could lose a sentence, its place, or its paragraph."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fake import FakeModel
from translate import Document, Glossary, Note, Translation, Translator
from translate import translator as module

ARTICLE = """Kanzler reist nach Paris

Der Kanzler reist am 17. Juni nach Paris. Er bleibt
bis zum 20. August.

- Erster Punkt
- Zweiter Punkt

***

https://beispiel.de/seite
"""


def english(text: str, model: FakeModel | None = None) -> str:
    return str(Translator(model or FakeModel()).translate(Document.parse(text)).target)


def test_structure_survives() -> None:
    assert (
        english(ARTICLE)
        == """EN(Kanzler reist nach Paris)

EN(Der Kanzler reist am 17. Juni nach Paris.) EN(Er bleibt bis zum 20. August.)

- EN(Erster Punkt)
- EN(Zweiter Punkt)

***

https://beispiel.de/seite
"""
    )


@given(st.text(max_size=200))
def test_any_text_keeps_its_count_of_sentences(text: str) -> None:
    document = Document.parse(text)
    translation = Translator(FakeModel()).translate(document)
    assert translation.source == document
    assert [s.gap for s in translation.target.sentences] == [s.gap for s in document.sentences]


def test_sentences_of_all_documents_go_to_the_model_together() -> None:
    model = FakeModel()
    documents = [Document.parse(f"Satz {n}. Noch ein Satz {n}.") for n in range(50)]
    translations = list(Translator(model).translate_all(documents))
    assert [t.source for t in translations] == documents
    assert [len(texts) for texts, _ in model.calls] == [100]


def test_equal_sentences_are_translated_once() -> None:
    model = FakeModel()
    documents = [Document.parse("Alle Angaben ohne Gewähr. Ende.")] * 20
    assert len({str(t.target) for t in Translator(model).translate_all(documents)}) == 1
    assert [len(texts) for texts, _ in model.calls] == [2]


def test_an_endless_stream_is_translated_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WINDOW", 8)

    def endless() -> Iterator[Document]:
        while True:
            yield Document.parse("Es geht weiter. Und weiter.")

    translations = Translator(FakeModel()).translate_all(endless())
    assert [str(next(translations).target) for _ in range(9)][-1].startswith("EN(Es geht weiter.)")


def test_a_long_sentence_is_divided_and_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_SOURCE", 20)
    model = FakeModel()
    sentence = "Er sagte, " + ", ".join(f"dass der Punkt {n} fertig sei" for n in range(30)) + "."
    translation = Translator(model).translate(Document.parse(f"Kurz. {sentence} Ende."))
    assert len(translation.target.sentences) == 3
    texts, _ = model.calls[0]
    assert " ".join(texts) == f"Kurz. {sentence} Ende."
    assert max(model.count(texts)) <= 20
    said = translation.target.sentences[1].text
    assert [word for word in sentence.split() if word.strip(",.") not in said] == []


def test_five_thousand_words_without_a_stop() -> None:
    model = FakeModel()
    sentence = " ".join(f"wort{n}" for n in range(5000))
    translation = Translator(model).translate(Document.parse(sentence))
    assert all(f"wort{n}" in translation.target.sentences[0].text for n in range(0, 5000, 500))


def test_a_headline_in_capitals_is_translated_as_a_sentence() -> None:
    model = FakeModel()
    text = "KANZLER MERZ REIST NACH PARIS\n\nDer Kanzler Merz kommt an."
    translation = Translator(model).translate(Document.parse(text))
    assert model.calls[0][0][0] == "Kanzler Merz Reist nach Paris"
    assert translation.target.sentences[0].text == "EN(KANZLER MERZ REIST NACH PARIS)"
    assert translation.target.sentences[1].text == "EN(Der Kanzler Merz kommt an.)"


def test_a_hypothesis_cut_by_its_limit_is_noted() -> None:
    translation = Translator(FakeModel(complete=False)).translate(Document.parse("Ein Satz."))
    assert [(n.sentence, n.kind) for n in translation.notes] == [(0, "unfinished")]
    assert isinstance(translation.notes[0], Note)


def test_a_text_without_words_asks_no_model() -> None:
    model = FakeModel()
    assert english("***\n\n1234\n", model) == "***\n\n1234\n"
    assert english("", model) == ""
    assert model.calls == []


def test_progress_counts_every_sentence_with_words() -> None:
    seen: list[int] = []
    documents = [Document.parse(ARTICLE)] * 3
    list(Translator(FakeModel()).translate_all(documents, seen.append))
    worded = [s for s in documents[0].sentences if s.kind != "verbatim"]
    assert sum(seen) == 3 * len(worded)


def test_the_beam_is_the_callers_or_the_models() -> None:
    assert Translator(FakeModel()).recipe["beam"] == 4
    recipe = Translator(FakeModel(), beam=2).recipe
    assert (
        recipe.pop("glossary") != Translator(FakeModel(), glossary=Glossary([])).recipe["glossary"]
    )
    assert recipe == {
        "model": "fake",
        "revision": "1",
        "engine": "fake",
        "compute_type": "float32",
        "beam": 2,
        "cascade": True,
    }


def test_documents_of_different_counts_are_no_translation() -> None:
    with pytest.raises(ValueError, match="differ"):
        Translation(Document.parse("Eins. Zwei."), Document.parse("Eins."))
