"""Without this, headlines in capitals would come out as spelled letters or not at all."""

import pytest

from translate.capitals import as_sentence, is_capitals, spellings


@pytest.mark.parametrize(
    "text", ["KANZLER REIST NACH PARIS", "EILMELDUNG", "GROßE KOALITION STEHT"]
)
def test_capitals(text: str) -> None:
    assert is_capitals(text)


@pytest.mark.parametrize("text", ["CDU, CSU, SPD", "Der KANZLER", "USA", "", "17.06.2025", "NATO"])
def test_abbreviations_are_no_headlines(text: str) -> None:
    assert not is_capitals(text)


def test_small_words_are_small_and_others_are_nouns() -> None:
    assert as_sentence("STREIT UM DIE BAHN", {}) == "Streit um die Bahn"


def test_words_are_spelled_as_the_article_spells_them() -> None:
    known = spellings(["Der Minister will die SPD schnell treffen.", "Er will das schnell."])
    assert as_sentence("MINISTER WILL SPD SCHNELL TREFFEN", known) == (
        "Minister will SPD schnell treffen"
    )
