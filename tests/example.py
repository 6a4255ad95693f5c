"""An invented article with a translation and a brief: what the tests of the outputs show."""

from datetime import UTC, datetime
from typing import Literal

from depesche.brief import Brief, Item, Warning
from summarize import Line
from translate import Document, Sentence, Translation

# Blocks of the article: their kind, the markup before them, and their sentences in both languages.
_Kind = Literal["prose", "heading", "item"]
_Block = tuple[_Kind, str, list[tuple[str, str]]]
_BLOCKS: list[_Block] = [
    (
        "prose",
        "",
        [
            (
                "Die Hafenstadt Wittensiel schickt ihre Dieselfähren in Rente: Ab dem 1. März 2027 "
                "sollen fünf elektrische Schiffe die beiden Ufer der Harle verbinden.",
                "The port city of Wittensiel is retiring its diesel ferries: from 1 March 2027, "
                "five electric vessels are to link the two banks of the Harle.",
            ),
            (
                "Das hat der Stadtrat in der Nacht zum Mittwoch mit 31 zu 14 Stimmen beschlossen.",
                "The city council decided this in the early hours of Wednesday by 31 votes to 14.",
            ),
            (
                "Die Kosten von 48,6 Millionen Euro trägt zur Hälfte das Land.",
                "The state will bear half of the cost of 48.6 million euros.",
            ),
        ],
    ),
    (
        "prose",
        "",
        [
            (
                "„Wer morgens um halb sechs zur Schicht muss, dem ist der Antrieb egal, solange "
                "das Schiff kommt“, sagte Oberbürgermeisterin Wiebke Harmsen nach der Abstimmung.",
                "“If you have to be at work at half past five in the morning, you don’t care what "
                "drives the boat as long as it turns up,” Mayor Wiebke Harmsen said after the "
                "vote.",
            ),
            (
                "Deshalb werde der Takt nicht ausgedünnt, sondern verdichtet.",
                "That is why the timetable would not be thinned out but made denser.",
            ),
            (
                "Tagsüber soll künftig alle zwölf Minuten eine Fähre ablegen, heute sind es "
                "zwanzig.",
                "In future a ferry is to leave every twelve minutes during the day; today it is "
                "every twenty.",
            ),
        ],
    ),
    (
        "heading",
        "## ",
        [("Streit um den Preis", "Dispute over the fare")],
    ),
    (
        "prose",
        "",
        [
            (
                "Umstritten bleibt, was die Überfahrt kosten wird.",
                "What the crossing will cost remains disputed.",
            ),
            (
                "Die Verwaltung rechnet mit 2,40 Euro statt bisher 1,90 Euro.",
                "The administration expects 2.40 euros instead of the present 1.90 euros.",
            ),
            (
                "Der Fahrgastverband Küste nannte das „einen Aufschlag auf ein Versprechen“ und "
                "kündigte an, Unterschriften zu sammeln.",
                "The passengers’ association Küste called this “a surcharge on a promise” and "
                "announced that it would collect signatures.",
            ),
            (
                "Für Schülerinnen und Schüler bleibt die Fahrt frei.",
                "The ride remains free for school pupils.",
            ),
        ],
    ),
    (
        "heading",
        "## ",
        [("Was sich ändert", "What will change")],
    ),
    (
        "item",
        "- ",
        [
            (
                "Die Anleger Nordkai und Mühlenhöft erhalten Ladestationen mit je 1,2 Megawatt.",
                "The Nordkai and Mühlenhöft piers will get charging stations of 1.2 megawatts "
                "each.",
            )
        ],
    ),
    (
        "item",
        "- ",
        [
            (
                "Während des Umbaus fährt von Oktober bis Februar ein Bus über die Klappbrücke.",
                "During the conversion a bus will run across the bascule bridge from October to "
                "February.",
            )
        ],
    ),
    (
        "item",
        "- ",
        [
            (
                "Zwei der alten Schiffe gehen an einen Museumsverein, drei werden verschrottet.",
                "Two of the old ships will go to a museum association, three will be scrapped.",
            )
        ],
    ),
    (
        "prose",
        "",
        [
            (
                "Gebaut werden die Fähren auf der Werft Brandt & Söhne im benachbarten Ostermoor.",
                "The ferries will be built at the Brandt & Söhne shipyard in neighbouring "
                "Ostermoor.",
            ),
            (
                "Dort sichert der Auftrag nach Angaben der Geschäftsführung rund 140 Arbeitsplätze "
                "bis Ende 2028.",
                "According to the management, the order secures around 140 jobs there until the "
                "end of 2028.",
            ),
            (
                "Das erste Schiff soll im Herbst getauft werden; über den Namen dürfen die "
                "Grundschulen der Stadt entscheiden.",
                "The first vessel is to be christened in autumn; the city’s primary schools may "
                "decide on its name.",
            ),
        ],
    ),
]


def document(blocks: list[tuple[_Kind, str, list[str]]]) -> Document:
    """Blocks with a blank line between them; list items follow one another line by line."""
    sentences: list[Sentence] = []
    for index, (kind, _, texts) in enumerate(blocks):
        following = blocks[index + 1] if index + 1 < len(blocks) else None
        gap = "\n"
        if following:
            gap += ("" if kind == following[0] == "item" else "\n") + following[1]
        sentences += [Sentence(text, " ", kind) for text in texts[:-1]]
        sentences.append(Sentence(texts[-1], gap, kind))
    return Document(blocks[0][1], tuple(sentences))


def ferries(**changed: object) -> Brief:
    """The example; `changed` replaces fields of the brief."""
    german = document([(kind, mark, [de for de, _ in pairs]) for kind, mark, pairs in _BLOCKS])
    english = german.with_texts([en for _, _, pairs in _BLOCKS for _, en in pairs])
    fields: dict[str, object] = {
        "item": Item(
            id="wittensiel.txt",
            text=str(german),
            title="Wittensiel ersetzt seine Dieselfähren durch elektrische",
            url="https://anzeiger.example/wittensiel/faehren-2027",
            published=datetime(2026, 11, 18, 6, 40, tzinfo=UTC),
        ),
        "translation": Translation(german, english),
        "title": "Wittensiel replaces its diesel ferries with electric ones",
        "lines": (
            Line(
                "From 1 March 2027, five electric vessels will replace Wittensiel’s diesel "
                "ferries, the city council decided by 31 votes to 14.",
                (0, 1),
            ),
            Line("The state pays half of the 48.6 million euros.", (2,)),
            Line(
                "A crossing is expected to cost 2.40 euros instead of 1.90; a passengers’ "
                "association wants to collect signatures against it.",
                (8, 9),
            ),
        ),
        "warnings": (
            Warning("number", "“halb sechs” may have changed", sentence=3),
            Warning("name", "“passengers’ association” is not in the German", line=2),
        ),
        "recipe": {
            "depesche": "0.1.0",
            "translator": {
                "model": "Helsinki-NLP/opus-mt-de-en",
                "revision": "6183067f769a302e3861815543b9f312c71b0ca4",
                "engine": "ctranslate2",
                "compute_type": "int8",
                "beam": 4,
            },
            "summarizer": {"model": "extract"},
            "words": 60,
        },
    }
    return Brief(**{**fields, **changed})  # type: ignore[arg-type]
