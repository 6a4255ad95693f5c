"""A bad translation must not reach a reader without a warning, nor a good one with it."""

import time

import pytest

from bench import checks
from translate.checks import check, protected
from translate.names import similar


def kinds(source: str, target: str) -> set[str]:
    return {finding.kind for finding in check(source, target)}


GOOD = [
    ("Angela Merkel sprach am Montag.", "Angela Merkel spoke on Monday."),
    ("Schoigu und Lawrow trafen Präsident Selenskyj.", "Shoigu and Lavrov met President Zelensky."),
    ("Michail Gorbatschow war da.", "Mikhail Gorbachev was there."),
    ("Tom Schluss zu machen, war schwer.", "It was hard to break up with Tom."),
    ("Mehr unter https://example.org/a?b=1.", "More at https://example.org/a?b=1."),
    ("Schreiben Sie an info@example.org!", "Write to info@example.org!"),
    ("Sie sang „Der Mond ist aufgegangen“.", "She sang “Der Mond ist aufgegangen”."),
    ("Die Alternative für Deutschland gewann.", "Alternative für Deutschland won."),
    ("Nein, nein, nein, nein!", "No, no, no, no!"),
    ("Rothenburg ob der Tauber", "Rothenburg ob der Tauber"),
    ("Hallo Welt", "Hello, world"),
    ("***", "***"),
]

BAD = [
    ("empty", "Er kam gestern.", ""),
    ("empty", "Er kam gestern.", " ..."),
    ("loop", "Die Lage ist ernst.", "The the the the situation is serious."),
    ("loop", "Er ging nach Hause.", "He went home, he went home, he went home, he went home, he"),
    ("loop", "Ach so.", "Hahahahahahaha."),
    ("length", "Nach langer Beratung hat der Stadtrat den Haushalt am Abend beschlossen.", "Yes."),
    ("length", "Der Rat tagt.", "The council will meet, and it was said that it may well decide."),
    ("untranslated", "Das Wetter wird schön und warm.", "Das Wetter wird schön und warm."),
    ("untranslated", "Er sagte, das ist nicht wahr.", "He said, das ist nicht wahr."),
    ("untranslated", "Ein gemütlicher Abend.", "A gemütlicher evening."),
    ("untranslated", "Neue Regeln beschlossen", "Neue Regeln beschlossen"),
    ("number", "Es kostet 2.200.112 Euro.", "It costs 2,200.12 euros."),
    ("lost", "Siehe https://example.org/a.", "See https://example.org/ a."),
    ("lost", "Schreiben Sie an info@example.org!", "Write to info@ example.org!"),
    ("lost", "Folgen Sie @beispiel und #Wahl2025!", "Follow @example and #Wahl2025!"),
    ("lost", "Hallo {name}!", "Hello {surname}!"),
    ("lost", "Hallo %s, {{x}} und $VAR!", "Hello %s, {{x}} and $ VAR!"),
    ("lost", "Das ist <b>neu</b>.", "This is <b>new</ b>."),
    ("name", "Esme Nussbaum senkte ihren Kopf.", "Esme Walnut lowered her head."),
    ("name", "Angela Merkel sprach lange.", "Angela spoke for a long time."),
    ("name", "Kanzler Kohl sprach lange.", "The Chancellor spoke of cabbage."),
]


@pytest.mark.parametrize(("source", "target"), GOOD)
def test_a_good_translation_passes(source: str, target: str) -> None:
    assert check(source, target) == []


@pytest.mark.parametrize(("kind", "source", "target"), BAD)
def test_a_bad_translation_is_seen(kind: str, source: str, target: str) -> None:
    assert kind in kinds(source, target)


def test_the_detail_says_where_to_look() -> None:
    """Without it a reader has to compare the whole sentence."""
    (finding,) = check("Es gab 40 Verletzte.", "There were 14 injured.")
    assert finding == ("number", "40 → 14")
    assert check("Ach!", "No no no no no no!")[0].detail.startswith("no")


def test_what_must_survive_is_found_without_its_full_stop() -> None:
    """A masked full stop would be lost in the translation."""
    text = "Siehe (https://example.org/a_(b)), www.example.com, a.b@example.org und &nbsp;."
    assert protected(text) == [
        "https://example.org/a_(b",
        "www.example.com",
        "a.b@example.org",
        "&nbsp;",
    ]


@pytest.mark.parametrize(
    ("german", "english"),
    [("Schoigu", "Shoigu"), ("Selenskyj", "Zelensky"), ("Müller", "Mueller"), ("Nečas", "Necas")],
)
def test_spellings_of_one_name_are_similar(german: str, english: str) -> None:
    assert similar(german, english)
    assert not similar("Merkel", "Walnut")


@pytest.mark.parametrize(
    "unit",
    ["a", "a ", "ha", "<", "{{", "http://", "a@", "a.", "“", "Anna Berg ", "the ", "%A", "&a", "#"],
)
def test_hostile_text_takes_linear_time(unit: str) -> None:
    """A page of brackets must not hang the run."""
    text = unit * (20_000 // len(unit))
    start = time.process_time()
    check(text, text[::-1])
    assert time.process_time() - start < 1


@pytest.mark.skipif(not (checks.SHARED / "corpus").is_dir(), reason="needs ../shared/corpus")
def test_few_false_alarms_on_human_translations() -> None:
    """A reader who is warned for nothing stops reading warnings."""
    pairs = checks.pairs(*checks.CHOSEN_ON)
    assert checks.warnings(pairs)["any"] < 0.015 * len(pairs)
