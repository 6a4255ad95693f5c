"""What is not German is refused by name; what may be is not."""

import time

import pytest

from depesche.brief import InputError, Item
from depesche.language import NAMES, detect, require_english, require_german
from tests.documents import SAMPLES

ENGLISH = "The parliament decided on Thursday evening to support the small ports with money."


@pytest.mark.parametrize("name", ["politik.txt", "notiz.txt", "leitfaden.md", "umbruch.txt"])
def test_samples_are_german(name: str) -> None:
    assert detect((SAMPLES / name).read_text(encoding="utf-8")) == "de"


@pytest.mark.parametrize(
    "text",
    [
        "Scholz trifft Macron in Paris",
        "LANDTAG BESCHLIESST HILFSPAKET FÜR DIE HÄFEN",
        "Elon Musk, Jeff Bezos und Mark Zuckerberg bei Donald Trump",
        "Der Bundesrat will, dass die Strassen grösser werden; Velofahrer parkieren gratis.",
        "Heuer gibt es im Jänner keine Topfengolatschen, weil der Obers teurer geworden ist.",
        "„We will win“, sagte der Präsident am Abend seinen Anhängern, die lange gewartet hatten.",
        "Hallo",
        "12 345,60",
        "",
    ],
)
def test_headlines_names_quotes_and_other_countries_german_pass(text: str) -> None:
    assert detect(text) == "de"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (ENGLISH, "English"),
        ("Le parlement a décidé jeudi soir de soutenir les petits ports.", "French"),
        ("Het parlement heeft donderdagavond besloten de kleine havens te steunen.", "Dutch"),
        ("Folketinget har torsdag aften besluttet at støtte de små havne.", "Danish"),
        ("Парламент решил в четверг поддержать малые порты.", "Russian"),
        ("El parlamento decidió el jueves apoyar a los pequeños puertos.", "Spanish"),
    ],
)
def test_another_language_is_named(text: str, name: str) -> None:
    with pytest.raises(InputError, match=f"{name}, not German; --force"):
        require_german(Item("a.txt", text))


def test_a_summary_of_another_language_is_refused() -> None:
    """A "brief in English" would be German sentences."""
    german = (SAMPLES / "notiz.txt").read_text(encoding="utf-8")
    with pytest.raises(InputError, match=r"German, not English; `depesche brief`"):
        require_english(Item("a.txt", german))
    with pytest.raises(InputError, match="French, not English; --force"):
        require_english(Item("a.txt", "Le parlement a décidé jeudi soir de soutenir les ports."))
    for line in (ENGLISH, "Merz met Söder and Klingbeil in Berlin.", "Oberhausen"):
        require_english(Item("a.txt", line))


def test_a_language_without_a_name_here_is_told_by_its_code() -> None:
    text = "Bunge limeamua Alhamisi jioni kusaidia bandari ndogo kwa fedha za serikali."
    assert "sw" not in NAMES
    with pytest.raises(InputError, match=r"another language \(sw\)"):
        require_german(Item("a.txt", text))


def test_a_long_text_is_judged_by_all_of_it() -> None:
    """An English preface of a page does not get a German book refused, nor the reverse."""
    german = (SAMPLES / "politik.txt").read_text(encoding="utf-8")
    assert detect(ENGLISH * 5 + german * 5) == "de"
    assert detect(german[:500] + ENGLISH * 200) == "en"


def test_fifty_megabytes_take_no_longer_than_a_page() -> None:
    text = (SAMPLES / "politik.txt").read_text(encoding="utf-8") * 14_000
    detect("erst laden")
    start = time.process_time()
    assert detect(text) == "de"
    assert time.process_time() - start < 1
