"""Blocks are seen as a reader sees them: whether marked, set apart or only wrapped."""

import textwrap
from pathlib import Path

import pytest

from translate.document import Document

SAMPLES = Path(__file__).parents[1] / "samples"


def parsed(text: str) -> list[tuple[str, str]]:
    """Kind and text of each sentence."""
    return [(s.kind, s.plain) for s in Document.parse(text).sentences]


def texts(text: str) -> list[str]:
    return [text for _, text in parsed(text)]


@pytest.mark.parametrize("width", [56, 60, 66, 72, 76, 80])
@pytest.mark.parametrize("between", ["\n\n", "\n", "\r\n\r\n", "\n\n  "])
def test_hard_wrapped_text_has_the_sentences_of_the_unwrapped(width: int, between: str) -> None:
    """Else each wrapped line would be translated as if it were a sentence."""
    text = (SAMPLES / "politik.txt").read_text(encoding="utf-8")
    title, *paragraphs = text.strip().split("\n\n")
    line_end = "\r\n" if "\r" in between else "\n"
    wrapped = between.join(line_end.join(textwrap.wrap(p, width)) for p in paragraphs)
    assert texts(f"{title}\n\n{wrapped}") == texts(text)


def test_wrapped_quotations_and_items_are_joined() -> None:
    text = textwrap.dedent(
        """\
        > Wir haben lange gewartet, und nun ist es
        > endlich so weit. Das ist für uns alle ein
        > Grund zur Freude.

        - Die Stadt baut bis zum Herbst eine neue
          Brücke über die Aller.
        - Der Bund zahlt nach Angaben des Rathauses
        nur die Hälfte.
        """
    )
    assert parsed(text) == [
        ("quote", "Wir haben lange gewartet, und nun ist es endlich so weit."),
        ("quote", "Das ist für uns alle ein Grund zur Freude."),
        ("item", "Die Stadt baut bis zum Herbst eine neue Brücke über die Aller."),
        ("item", "Der Bund zahlt nach Angaben des Rathauses nur die Hälfte."),
    ]


def test_a_line_that_happens_to_begin_with_a_dash_or_a_date_is_no_item() -> None:
    text = (
        "Der Minister kam nach Angaben seiner Sprecherin am späten Abend\n"
        "– wie schon so oft in diesem Jahr – mit dem Zug aus Berlin am\n"
        "17. Juni an und fuhr, ohne ein Wort zu sagen, in das Hotel.\n"
    )
    assert len(texts(text)) == 1


def test_short_lines_stand_by_themselves() -> None:
    """An address, a poem or a list of results is no sentence."""
    address = "Max Müller\nGoethestr. 12\n80331 München"
    assert texts(address) == address.split("\n")
    poem = "Der Mond steht überm stillen See;\nEs schläft der Wald, es schläft das Reh,\nUnd ich."
    assert texts(poem) == poem.split("\n")


def test_a_headline_above_wrapped_text_is_not_joined_to_it() -> None:
    text = (
        "Bürger retten Freibad\nVon Eva Klein\nDas Freibad in Erlenau bleibt nun doch auch im"
        " nächsten\nSommer offen, wie der Rat am Abend beschloss.\n"
    )
    assert parsed(text) == [
        ("heading", "Bürger retten Freibad"),
        ("prose", "Von Eva Klein"),
        (
            "prose",
            "Das Freibad in Erlenau bleibt nun doch auch im nächsten Sommer offen, wie der Rat am"
            " Abend beschloss.",
        ),
    ]


@pytest.mark.parametrize(
    "heading",
    ["# Bürger retten Freibad", "## Bürger retten Freibad ##", "Bürger retten Freibad\n=====",
     "Bürger retten Freibad\n---", "Bürger retten Freibad\n", "BÜRGER RETTEN FREIBAD",
     "BÜRGER RETTEN FREIBAD!"],
)  # fmt: skip
def test_headings_are_known_by_marks_place_or_capitals(heading: str) -> None:
    """A brief is made of what is not a heading."""
    document = Document.parse(f"Es war ein guter Tag.\n\n{heading}\nDas Bad bleibt offen.")
    assert [s.kind for s in document.sentences] == ["prose", "heading", "prose"]
    assert document.sentences[1].text.upper().rstrip("!") == "BÜRGER RETTEN FREIBAD"


@pytest.mark.parametrize("text", ["Nur eine Zeile", "Eine Zeile\n\nNoch eine\n\nUnd noch eine"])
def test_lines_above_no_text_are_no_headings(text: str) -> None:
    """A list of headlines would have no prose left to summarize."""
    assert {kind for kind, _ in parsed(text)} == {"prose"}


@pytest.mark.parametrize("mark", ["-", "*", "+", "•", "–", "1)", "(1)", "a)"])
def test_marks_of_items_stay_in_the_gap(mark: str) -> None:
    document = Document.parse(f"Man nehme:\n{mark} Mehl aus Roggen\n{mark} Salz\n")
    assert [(s.kind, s.text) for s in document.sentences] == [
        ("prose", "Man nehme:"),
        ("item", "Mehl aus Roggen"),
        ("item", "Salz"),
    ]
    assert document.sentences[1].gap == f"\n{mark} "


def test_numbers_are_marks_where_they_count_and_ordinals_elsewhere() -> None:
    assert parsed("1. Mehl\n2. Salz\n") == [("item", "Mehl"), ("item", "Salz")]
    assert texts("1. FC Köln siegt\n") == ["1. FC Köln siegt"]
    assert texts("17. Juni\n18. Juni\n") == ["17. Juni", "18. Juni"]


def test_tables_are_read_by_the_cell_and_code_is_left_alone() -> None:
    document = Document.parse(
        "| Ort | Grad |\n|---|---|\n| Bad Ems | 12 |\n\n```python\nx = 'Hallo. Du.'\n\ny = 1\n```\n"
    )
    assert [(s.kind, s.text) for s in document.sentences] == [
        ("item", "Ort"),
        ("item", "Grad"),
        ("item", "Bad Ems"),
        ("verbatim", "12"),
        ("verbatim", "x = 'Hallo. Du.'\n\ny = 1"),
    ]


def test_a_fence_that_is_never_closed_hides_no_text() -> None:
    assert texts("```\nDas ist Text.\nDas auch.") == ["```", "Das ist Text.", "Das auch."]
