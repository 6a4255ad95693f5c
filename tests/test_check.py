"""A line that says what its source does not say must be flagged, and few others."""

import time

import pytest

from bench import faithfulness, original
from bench.checks import pairs
from depesche.check import Source, unsupported
from translate import Glossary
from translate.glossary import Term

SOURCE = """\
The mayor of Halden, Ingrid Sollberg, opened the new bridge on Tuesday. About 2,960 people came,
the police said. “It took us far too long,” Sollberg told the crowd.

The bridge cost 48.5 million euros, 12 million more than planned. It is 310 metres long. Work began
in Feb. 2019 and was to take three years. The German firm Harms & Sohn built it.

Engineers of the United Nations visited the site in May. The UN praised its design. Canadian
experts from Montreal had warned of the current.

Traffic will start at 8:30 p.m. on 4 June. Ferries will go on, the operator Viktor Brandal said.
Brandal hopes for tourists. His two ships are old. The county will pay.

In the evening there was a concert. Pianist Maria Tveit played until midnight.
"""

SUPPORTED = [
    "Ingrid Sollberg opened the new bridge on Tuesday.",
    "Mayor Sollberg's bridge opened in Halden.",
    "Nearly 3,000 people came to Halden.",
    "The bridge cost more than 48 million euros.",
    "The 310-metre bridge was built by a firm from Germany.",
    "Work began in February 2019.",
    "Experts from Canada had warned of it.",
    "U.N. engineers visited the site.",
    "Traffic starts on June 4 at 8:30 p.m.",
    "“It took us far too long,” Sollberg said.",
    "Tourists are hoped for, Viktor Brandal says.",
    "Three years were planned.",
    "Police: Thousands came.",
]

UNSUPPORTED = [
    ("Peter Sollberg opened the new bridge.", "Peter"),
    ("The mayor of Oslo opened the bridge.", "Oslo"),
    ("It cost 49.5 million euros.", "49.5 million"),
    ("It cost 48.5 billion euros.", "48.5 billion"),
    ("It is 3,100 metres long.", "3,100"),
    ("Exactly 3,960 people came.", "3,960"),
    ("The bridge opened on Wednesday.", "Wednesday"),
    ("Work began in March 2019.", "March"),
    ("Traffic starts on 5 June.", "5"),
    ("Maria Sollberg opened the bridge.", "Maria Sollberg"),
    ("The pianist Tveit comes from Montreal, Sollberg said.", "Montreal … Sollberg"),
    ("Some 310 tourists came.", "310 tourists"),
    ("“It was easy for us all,” Sollberg said.", "It was easy for us all,"),
    ("NATO praised the design.", "NATO"),
]


@pytest.mark.parametrize("line", SUPPORTED)
def test_what_the_source_says_is_supported(line: str) -> None:
    assert unsupported(line, SOURCE) == []


@pytest.mark.parametrize(("line", "part"), UNSUPPORTED)
def test_what_the_source_does_not_say_is_named(line: str, part: str) -> None:
    assert part in unsupported(line, SOURCE)


def test_numbers_and_dates_must_be_in_the_german_too() -> None:
    """A number that the translation got wrong would reach the brief as if it were supported."""
    english = "The debt rose to 2 billion euros on 4 June."
    right, wrong = "um 2 Milliarden Euro am 4. Juni", "um 2 Billionen Euro am 4. Juli"
    assert Source(english, f"Die Schulden stiegen {right}.").unsupported(english) == []
    assert Source(english, f"Die Schulden stiegen {wrong}.").unsupported(english) == [
        "2 billion",
        "June",
    ]


SAME_NAME = [
    ("Brandal spoke in Munich.", "In München sprach Brandal."),
    ("Germans and Czechs met in Vienna.", "Deutsche und Tschechen trafen sich in Wien."),
    ("Then Shoigu flew to Kyiv.", "Dann flog Schoigu nach Kiew."),
    (
        "The Iraqi government thanked Sollberg's team.",
        "Die irakische Regierung dankte Sollbergs Team.",
    ),
    ("The Merkel government fell.", "Die Merkel-Regierung stürzte."),
    (
        "The Foreign Office and the Greens agreed.",
        "Das Auswärtige Amt und die Grünen waren sich einig.",
    ),
    ("The ECB in the United States of America.", "Die EZB in den USA."),
    ("It was about the South Africa trip.", "Es ging um die Südafrikareise."),
    ("He came on a Sunday in May with Euros.", "Er kam."),
]


@pytest.mark.parametrize(("text", "german"), SAME_NAME)
def test_a_name_may_be_written_otherwise_in_german(text: str, german: str) -> None:
    """Users stop reading warnings that are wrong."""
    assert not {w for w in Source(text, german).unsupported(text) if w not in ("Sunday", "May")}


OTHER_NAME = [
    ("Then Peskov flew to Kyiv.", "Dann flog Schoigu nach Kiew.", "Peskov"),
    ("It happened in Hungary.", "Es geschah in Österreich.", "Hungary"),
    ("Ingrid Brandal came.", "Ingrid Sollberg kam.", "Brandal"),
    ("The Russians agreed.", "Die Amerikaner stimmten zu.", "Russians"),
]


@pytest.mark.parametrize(("text", "german", "name"), OTHER_NAME)
def test_a_name_that_the_translation_put_for_another_is_named(
    text: str, german: str, name: str
) -> None:
    """The English has it, so that a reader without German would believe it."""
    assert unsupported(text, text) == []
    assert Source(text, german).unsupported(text) == [name]


def test_a_name_must_be_in_the_german_of_its_own_sentence() -> None:
    """A translation that takes one person of the article for another is caught, too."""
    text, german = "Sollberg came.\nBrandal left.", "Sollberg kam.\n{} ging."
    assert Source(text, german.format("Brandal")).unsupported("Brandal left.") == []
    assert Source(text, german.format("Sollberg")).unsupported("Brandal left.") == ["Brandal"]


def test_a_name_of_the_glossary_is_supported_by_its_german() -> None:
    """Else whoever gives a glossary gets a warning on every line that obeys it."""
    text, german = "The Zwingburg was closed.", "Die Trutzfeste war geschlossen."
    assert Source(text, german).unsupported(text) == ["Zwingburg"]
    glossary = Glossary([Term("Trutzfeste", "Zwingburg")])
    assert Source(text, german, glossary).unsupported(text) == []


QUOTING = 'Brandal laughed.\n"We are all very tired," he said.\nHe left.'


@pytest.mark.parametrize(
    "german",
    [
        "Brandal lachte.\n„Wir sind alle sehr müde“, sagte er.\nEr ging.",
        "Brandal lachte.\n»Wir sind alle sehr müde«, sagte er.\nEr ging.",
        "Brandal lachte: „So!\nWir sind alle sehr müde.\nIch gehe.“",
    ],
)
def test_what_german_quotes_is_a_quotation(german: str) -> None:
    assert Source(QUOTING, german).unsupported('He said: "We are all very tired."') == []


@pytest.mark.parametrize(
    "german",
    [
        "Brandal lachte.\nAlle seien sehr müde, sagte er.\nEr ging.",
        "„So!“, lachte Brandal.\nAlle seien sehr müde, sagte er.\n„Ja!“ Er ging.",
    ],
)
def test_words_that_german_only_reports_are_no_quotation(german: str) -> None:
    """A brief must not put words into a mouth."""
    line = 'He said: "We are all very tired."'
    assert unsupported(line, QUOTING) == []
    assert Source(QUOTING, german).unsupported(line) == ["We are all very tired."]


def test_a_quotation_has_the_numbers_of_its_own_sentence() -> None:
    text = '"It is 40 years ago," he said.\n"It took 30 years of work," she said.'
    german = "„Es ist 40 Jahre her“, sagte er.\n„Es brauchte {} Jahre Arbeit“, sagte sie."
    line = '"It took 30 years of work," she said.'
    assert Source(text, german.format(30)).unsupported(line) == []
    assert "It took 30 years of work," in Source(text, german.format(40)).unsupported(line)


def test_lines_without_their_german_are_refused() -> None:
    """Names would be looked for in the wrong sentences."""
    with pytest.raises(ValueError, match="number of lines"):
        Source("One.\nTwo.", "Eins. Zwei.")


def test_a_person_may_have_the_name_of_a_month() -> None:
    """Theresa May is no date that the German lacks."""
    assert Source("Theresa May came.", "Theresa May kam.").unsupported("Theresa May came.") == []


def test_an_empty_source_supports_nothing() -> None:
    assert unsupported("Ingrid Sollberg came.", "") == ["Ingrid", "Sollberg"]
    assert unsupported("", SOURCE) == []


def test_a_number_beyond_all_sense_is_checked_all_the_same() -> None:
    """Arithmetic on it must not end the run."""
    huge = f"about {'9' * 39} million million"
    assert unsupported(huge, huge.replace("9", "8", 1)) == []
    assert unsupported(huge, "10,000.5 people came")


def test_hostile_text_takes_linear_time() -> None:
    """A source of one word repeated must not hang the run."""
    start = time.process_time()
    for unit in ("Ab ", "Abcd Efgh. ", "A.", '"a b c d ', "5 Abcd "):
        unsupported(unit * 10, unit * (20_000 // len(unit)))
        Source(unit * 100, "„Ab »" * 10_000).unsupported(unit * 10)
    assert time.process_time() - start < 2


@pytest.mark.skipif(
    not (faithfulness.SHARED / "faithfulness").is_dir(), reason="needs ../shared/faithfulness"
)
def test_unfaithful_summaries_are_told_from_faithful_ones() -> None:
    """The README's figure: balanced accuracy 0.70, one false alarm in five."""
    found = faithfulness.score(unsupported, faithfulness.labelled("cnndm"))
    assert found.balanced_accuracy >= 0.70
    assert found.false_alarms <= 0.20


@pytest.mark.skipif(not (faithfulness.SHARED / "corpus").is_dir(), reason="needs ../shared/corpus")
def test_names_and_quotations_of_right_translations_are_hardly_ever_missed() -> None:
    """The README's figure: at most one line in a hundred."""
    data = pairs("test/newstest2019")
    doubted = [pair for pair, kinds in original.alarms(data) if kinds.keys() - {"number"}]
    assert len(doubted) <= 0.01 * len(data)
