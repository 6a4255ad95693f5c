"""A reader must be warned of every number that changed, and not be pestered by notation."""

import time
from decimal import Decimal

import pytest

from translate.numbers import changed_numbers, quantities, values

SAME = [
    ("Rund 5.000 Menschen kamen.", "Some 5,000 people came."),
    ("Rund 5'000 Menschen kamen.", "Some 5,000 people came."),
    ("Rund 5 000 Menschen kamen.", "Some 5,000 people came."),
    ("Rund 5\u202f000 Menschen kamen.", "Some five thousand people came."),
    ("Der Umsatz stieg auf 1,5 Mrd. Euro.", "Revenue rose to €1.5 billion."),
    ("Der Umsatz stieg auf 1,5 Milliarden Euro.", "Revenue rose to 1.5bn euros."),
    ("Die Schulden: zwei Billionen Euro.", "The debt: 2 trillion euros."),
    ("Es kostet 2.200.112,50 Euro.", "It costs 2,200,112.50 euros."),
    ("Es kostet 20 Mio. Dollar.", "It costs $20m."),
    ("Es kostet 10 bis 20 Millionen Euro.", "It costs 10 million to 20 million euros."),
    ("Es kostet 10–20 Milliarden Euro.", "It costs 10-20 billion euros."),
    ("Eine halbe Million Menschen", "Half a million people"),
    ("500.000 Menschen", "half a million people"),
    ("anderthalb Millionen Tonnen", "1.5 million tonnes"),
    ("nach zweieinhalb Jahren", "after two and a half years"),
    ("nach 2½ Jahren", "after 2.5 years"),
    ("Hunderttausende gingen auf die Straße.", "Hundreds of thousands took to the streets."),
    ("drei Dutzend Tote", "36 dead"),
    ("am 17.06.2025", "on 17 June 2025"),
    ("am 17.06.2025", "on June 17th, 2025"),
    ("am 17.06.2025", "on 06/17/2025"),
    ("am 17.6.25", "on 2025-06-17"),
    ("Am 4. Juni begann es.", "It began on June 4."),
    ("in der Nacht zum Dienstag", "on Monday night"),
    ("am Dienstagabend", "on Tuesday evening"),
    ("um 20.30 Uhr", "at 8:30 p.m."),
    ("um 20:30 Uhr", "at 8.30pm"),
    ("um 20.30 Uhr", "at 20:30"),
    ("um 14 Uhr", "at 2 p.m."),
    ("um 8.30 Uhr abends", "at 8:30 p.m."),
    ("von 19 bis 21 Uhr", "from 7 to 9 p.m."),
    ("um 0 Uhr", "at midnight"),
    ("um 12 Uhr", "at noon"),
    ("um halb sieben", "at half past six"),
    ("um halb 7", "at 6:30"),
    ("um Viertel vor acht", "at 7:45"),
    ("um drei Uhr nachmittags", "at 3 p.m."),
    ("5 Prozent", "five per cent"),
    ("ein Plus von 0,5 %", "a rise of 0.5%"),
    ("einundzwanzig Tote", "21 dead"),
    ("dreihundertfünfzig Tote", "three hundred and fifty dead"),
    ("250.000 Menschen", "two hundred and fifty thousand people"),
    ("Der zwölfte Mann", "The 12th man"),
    ("die zehnjährige Tochter", "the 10-year-old daughter"),
    ("im 19. Jahrhundert", "in the nineteenth century"),
    ("in den 1990er Jahren", "in the nineties"),
    ("in den 90er-Jahren", "in the 1990s"),
    ("ein Drittel der Wähler", "a third of voters"),
    ("zwei Drittel der Wähler", "two-thirds of voters"),
    ("Die Bayern siegten 2:1 (1:0).", "Bayern won 2-1 (1-0)."),
    ("Ludwig XIV.", "Louis XIV"),
    ("der II. Weltkrieg", "the Second World War"),
    ("die Saison 2015/16", "the 2015-2016 season"),
    ("die B 33, ein A380, FFP2 und Covid-19", "the B 33, an A380, FFP2 and Covid-19"),
    ("eine Boeing 737-800", "a Boeing 737-800"),
    ("unter 06181/100-123", "on 06181 100-123"),
    ("bei -5 Grad", "at minus 5 degrees"),
    ("Ein Mann und eine Frau", "A man and a woman"),
    ("vor zwei Wochen", "a fortnight ago"),
    ("Ich mag das nicht.", "I may not like that."),
]

CHANGED = [
    ("2.200.112 Euro", "2,200.12 euros"),
    ("5.000 Menschen", "5.000 people"),
    ("1,5 Prozent", "1,5 percent"),
    ("drei Milliarden Euro", "three million euros"),
    ("2 Milliarden Euro", "2 million euros"),
    ("2 Billionen Euro", "2 billion euros"),
    ("Der Milliardär kam.", "The millionaire came."),
    ("am 17.06.2025", "on 17 July 2025"),
    ("am 4. Juni", "on June 5"),
    ("im Juni", "in July"),
    ("am Montag", "on Tuesday"),
    ("um 20.30 Uhr", "at 8:30 a.m."),
    ("um 23 Uhr", "at 2 p.m."),
    ("Es gab 40 Verletzte.", "There were injuries."),
    ("Es gab Verletzte.", "There were 40 injured."),
    ("zwei Tote", "three dead"),
    ("200 Euro", "$200"),
    ("in den 1990er Jahren", "in the 1980s"),
    ("Ludwig XIV.", "Louis XV"),
    ("Die Bayern siegten 2:1.", "Bayern won 3-1."),
]


@pytest.mark.parametrize(("german", "english"), SAME)
def test_notation_is_no_change(german: str, english: str) -> None:
    assert changed_numbers(german, english) == []


@pytest.mark.parametrize(("german", "english"), CHANGED)
def test_a_changed_quantity_is_seen(german: str, english: str) -> None:
    assert changed_numbers(german, english)


def test_a_change_names_both_sides() -> None:
    """The warning must show what to look for in both texts."""
    (change,) = changed_numbers("Sie zahlte 2.200.112 Euro.", "She paid 2,200.12 euros.")
    assert str(change) == "2.200.112 → 2,200.12"
    (change,) = changed_numbers("Es gab 40 Verletzte.", "There were injuries.")
    assert str(change) == "40 → (nothing)"


def test_values_are_exact() -> None:
    """Binary fractions would make 2.3 million differ from 2,300,000."""
    assert Decimal(2_300_000) in values(quantities("2,3 Mio.", "de"))
    assert Decimal(2_300_000) in values(quantities("2,300,000", "en"))


def test_a_number_beyond_all_sense_is_read_all_the_same() -> None:
    """Arithmetic on it must not end the run."""
    text = f"{'9' * 39} {'million ' * 1000}"
    assert changed_numbers(text, text.replace("9", "8", 1))


@pytest.mark.parametrize(
    "unit",
    [
        "1",
        "1.",
        "1 000 ",
        "8 Uhr ",
        "5 bis ",
        "1-",
        "5 million ",
        "hundert",
        "zweiz",
        "half a ",
        "5 ",
    ],
)
@pytest.mark.parametrize("language", ["de", "en"])
def test_hostile_text_takes_linear_time(unit: str, language: str) -> None:
    """A page of nothing but digits must not hang the run."""
    text = unit * (30_000 // len(unit))
    start = time.process_time()
    quantities(text, language)  # type: ignore[arg-type]
    assert time.process_time() - start < 1
