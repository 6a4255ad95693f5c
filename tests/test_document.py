"""A document is its text, character for character, and shows a model clean sentences."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.document import Document, Sentence

SAMPLES = Path(__file__).parents[1] / "samples"
SHARED = Path(__file__).parents[1].parent / "shared"

# Text made of what block recognition looks at, and text of anything.
_PARTS = (
    "\n", "\r\n", "\r", "\u2028", "\v", " ", "\t", "\u00a0", "\u200b", "\u00ad", "# ", "- ", "– ",
    "1. ", "2. ", "a) ", "> ", ">", "| ", "|", "---", "===", "***", "```", "...", ". ", "!“ ", "„",
    ": „", "(", ")", "Wort", "wort", "WORT", "und", "Die", "17.", "Bundes-", "www.beispiel.de",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(_PARTS), max_size=40).map("".join) | st.text(max_size=60)


@given(TEXTS)
def test_nothing_of_a_text_is_lost(text: str) -> None:
    document = Document.parse(text)
    assert str(document) == text
    for sentence in document.sentences:
        assert sentence.text == sentence.text.strip() != ""
    assert str(document.with_texts([s.text for s in document.sentences])) == text


@given(TEXTS)
def test_a_model_reads_each_sentence_on_one_line(text: str) -> None:
    for sentence in Document.parse(text).sentences:
        assert sentence.plain == " ".join(sentence.plain.split())
        if sentence.kind != "verbatim":
            assert sentence.plain


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.[mt][dx]*")), ids=lambda path: path.name)
def test_samples_come_back(sample: Path) -> None:
    text = sample.read_text(encoding="utf-8")
    assert str(Document.parse(text)) == text


def test_a_translation_keeps_what_stands_between_sentences() -> None:
    document = Document.parse("# Titel\n\n- Ein Satz. Noch einer.\n")
    assert str(document.with_texts(["Title", "One.", "Two."])) == "# Title\n\n- One. Two.\n"


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("Die Bundes-\nregierung tagt.", "Die Bundesregierung tagt."),
        ("Die Bundes\u00ad\nregierung tagt.", "Die Bundesregierung tagt."),
        ("Die Bun\u00addes\u200bregierung  tagt\u00a0heute.", "Die Bundesregierung tagt heute."),
        ("Die Vor-\nund Nachteile", "Die Vor- und Nachteile"),
        ("Der SPD-\nPolitiker", "Der SPD-Politiker"),
        ("Die US-\namerikanische Art", "Die US-amerikanische Art"),
        ("Er kam -\nwie immer -\nzu spät.", "Er kam - wie immer - zu spät."),
        ("Ein Satz\r\n> im Zitat.", "Ein Satz im Zitat."),
        ("", ""),
    ],
)
def test_what_a_line_end_had_divided_is_joined(raw: str, plain: str) -> None:
    """Else a model would meet half words."""
    assert Sentence(raw).plain == plain


@pytest.mark.parametrize(
    "piece",
    [
        "17.06.2025",
        "* 12 *",
        "https://beispiel.de/a.b?c=d",
        "(info@beispiel.de)",
        "beispiel.de",
        "5",
    ],
)
def test_pieces_without_words_are_never_translated(piece: str) -> None:
    """Models turn addresses and bare numbers into something else."""
    assert [s.kind for s in Document.parse(piece).sentences] == ["verbatim"]


def test_pieces_with_words_are_translated() -> None:
    document = Document.parse("Mehr auf beispiel.de.\n\n14.30 Uhr\n")
    assert [s.kind for s in document.sentences] == ["prose", "prose"]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared texts are not beside the project")
def test_a_paragraph_a_line_stays_a_paragraph_a_line() -> None:
    text = (SHARED / "articles/kursk.de.txt").read_text(encoding="utf-8")
    document = Document.parse(text)
    assert str(document) == text
    assert len(document.sentences) == 13
    assert not any("\n" in sentence.text for sentence in document.sentences)


@pytest.mark.parametrize(
    "piece", ["a\n", "\n", ">", "> a\n", "```x\n", "1. a\n", "|", " ", "- \n", "a@", "wort ", "–\r"]
)
def test_time_grows_with_length_only(piece: str) -> None:
    """Else one odd file would stop a batch for hours."""

    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        begin = time.process_time()
        for sentence in Document.parse(text).sentences:
            assert sentence.plain is not None
        return time.process_time() - begin

    short = max(seconds(4_000), 0.005)
    # 8 times as long; quadratic would be 64 times
    assert min(seconds(32_000), seconds(32_000)) < 30 * short
