"""An invented digest: what the tests of the daily pages show."""

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

from depesche.brief import Item
from depesche.daily.news import Digest, Entry, Miss, News, Repeat, Report

DAY = date(2026, 11, 22)
BERLIN = timezone(timedelta(hours=1))
UNTIL = datetime(2026, 11, 22, 7, tzinfo=BERLIN)
RECIPE = {
    "depesche": "0.1.0",
    "translator": {"model": "Helsinki-NLP/opus-mt-de-en", "engine": "ctranslate2", "beam": 4},
    "summarizer": {"model": "extract"},
    "words": 60,
}

# German and English sentences of each article; a line of its brief is a text and its sentences.
_Text = list[tuple[str, str]]
_Lines = list[tuple[str, list[int]]]


def report(
    paper: str,
    title: tuple[str | None, str | None],
    text: _Text,
    lines: _Lines,
    time: str | None = "06:40",
    warnings: tuple[dict[str, Any], ...] = (),
    **about: Any,
) -> Report:
    """A report of `paper`, published at `time` of the day, or of the day before if that is late."""
    slug = "".join(c if c.isalnum() and c.isascii() else "-" for c in (title[0] or "ohne").lower())
    url = f"https://{paper.lower().replace(' ', '')}.example/{slug}"
    published = None
    if time:
        published = datetime.fromisoformat(f"{DAY}T{time}").replace(tzinfo=BERLIN)
        published -= timedelta(days=published.hour >= 7)
    item = Item(url, "", title[0], url, published)
    brief = {
        "id": url,
        "title": {"de": title[0], "en": title[1]},
        "url": url,
        "published": published and published.isoformat(),
        "brief": [{"text": line, "evidence": evidence} for line, evidence in lines],
        "sentences": [{"de": german, "en": english} for german, english in text],
        "warnings": [*warnings],
        "recipe": RECIPE,
    }
    about = {"source": paper, "publisher": paper, **about}
    return Report(News(item, **about), brief)


def also(paper: str, title: str, time: str) -> Report:
    """Another report of a story."""
    return report(paper, (f"{title} (deutsch)", title), [], [], time)


FERRIES = report(
    "Küstenkurier",
    (
        "Wittensiel ersetzt seine Dieselfähren durch elektrische",
        "Wittensiel replaces its diesel ferries with electric ones",
    ),
    [
        (
            "Die Hafenstadt Wittensiel schickt ihre Dieselfähren in Rente: Ab dem 1. März 2027 "
            "sollen fünf elektrische Schiffe die beiden Ufer der Harle verbinden.",
            "The port city of Wittensiel is retiring its diesel ferries: from 1 March 2027, five "
            "electric vessels are to link the two banks of the Harle.",
        ),
        (
            "Das hat der Stadtrat in der Nacht zum Sonntag mit 31 zu 14 Stimmen beschlossen.",
            "The city council decided this in the early hours of Sunday by 31 votes to 14.",
        ),
        (
            "Die Kosten von 48,6 Millionen Euro trägt zur Hälfte das Land.",
            "The state will bear half of the cost of 48.6 million euros.",
        ),
        (
            "Tagsüber soll künftig alle zwölf Minuten eine Fähre ablegen, heute sind es zwanzig.",
            "In future a ferry is to leave every twelve minutes during the day; today it is every "
            "twenty.",
        ),
        (
            "Der Fahrgastverband nannte den neuen Preis von 2,40 Euro „einen Aufschlag auf ein "
            "Versprechen“.",
            "The passengers’ association called the new fare of 2.40 euros “a surcharge on a "
            "promise”.",
        ),
    ],
    [
        (
            "From 1 March 2027, five electric vessels will replace Wittensiel’s diesel ferries, "
            "the city council decided by 31 votes to 14.",
            [0, 1],
        ),
        ("The state pays half of the 48.6 million euros.", [2]),
        ("A ferry is to leave every twelve minutes instead of every twenty.", [3]),
    ],
    "05:55",
    category="Politics",
    author="Wiebke Harmsen",
    section="Lokales",
    image="https://küstenkurier.example/bilder/faehre.jpg",
    warnings=({"kind": "number", "sentence": 3, "detail": "“zwanzig” may have changed"},),
)

COALITION = report(
    "Nordpost",
    (
        "Haushaltsstreit in Kiel: Koalition einigt sich nach elf Stunden",
        "Budget row in Kiel: coalition agrees after eleven hours",
    ),
    [
        (
            "Nach elf Stunden Verhandlungen haben sich die Spitzen der Koalition in Kiel auf einen "
            "Haushalt für 2027 verständigt.",
            "After eleven hours of talks, the leaders of the coalition in Kiel have agreed on a "
            "budget for 2027.",
        ),
        (
            "Vorgesehen sind Einsparungen von 340 Millionen Euro, vor allem bei Straßen und "
            "Förderprogrammen.",
            "It provides for savings of 340 million euros, mainly on roads and subsidies.",
        ),
        (
            "Die Kitabeiträge bleiben unverändert, kündigte Finanzministerin Elke Thomsen an.",
            "Fees for day-care centres will remain unchanged, Finance Minister Elke Thomsen "
            "announced.",
        ),
        (
            "Der Landtag stimmt am 9. Dezember ab.",
            "The state parliament votes on 9 December.",
        ),
    ],
    [
        (
            "The coalition in Kiel has agreed on a 2027 budget after eleven hours of talks; it "
            "saves 340 million euros, mainly on roads and subsidies.",
            [0, 1],
        ),
        ("Day-care fees stay as they are, Finance Minister Elke Thomsen said.", [2]),
        ("The state parliament votes on 9 December.", [3]),
    ],
    "01:20",
    category="Politics",
    warnings=(
        {"kind": "name", "line": 1, "detail": "“Elke Thomsen” is not close to “Day-care fees”"},
    ),
)

PORT = report(
    "Handelsspiegel",
    (
        "Werft Brandt & Söhne stellt 140 Menschen ein",
        "Shipyard Brandt & Söhne hires 140 people",
    ),
    [
        (
            "Die Werft Brandt & Söhne in Ostermoor will bis zum Sommer 140 Stellen schaffen.",
            "The Brandt & Söhne shipyard in Ostermoor intends to create 140 jobs by the summer.",
        ),
        (
            "Grund ist ein Auftrag über fünf elektrische Fähren für Wittensiel.",
            "The reason is an order for five electric ferries for Wittensiel.",
        ),
    ],
    [
        ("The Brandt & Söhne shipyard in Ostermoor will create 140 jobs by the summer.", [0]),
        ("It has an order for five electric ferries.", [1]),
    ],
    "21:15",
    category="Economy",
    excerpt="the article is behind a paywall",
)

CHIPS = report(
    "Handelsspiegel",
    (
        "Halbleiterfabrik bei Magdeburg geht ein Jahr später in Betrieb",
        "Semiconductor plant near Magdeburg to open a year late",
    ),
    [
        (
            "Die geplante Halbleiterfabrik bei Magdeburg soll nun erst im Herbst 2029 anlaufen.",
            "The planned semiconductor plant near Magdeburg is now not to start until autumn 2029.",
        ),
        (
            "Der Konzern begründete das mit fehlenden Stromleitungen; 3.000 Arbeitsplätze seien "
            "nicht gefährdet.",
            "The group cited missing power lines; 3,000 jobs were not at risk.",
        ),
    ],
    [
        ("The semiconductor plant near Magdeburg will start only in autumn 2029.", [0]),
        ("The group cites missing power lines and says that 3,000 jobs are safe.", [1]),
    ],
    "18:05",
    category="Economy",
)

EELS = report(
    "Sternwarte",
    (
        "Aale finden mit dem Erdmagnetfeld heim",
        "Eels find their way home by the Earth’s magnetic field",
    ),
    [
        (
            "Ein Forschungsteam aus Bremerhaven hat 87 Aale mit Sendern auf ihrem Weg in die "
            "Sargassosee verfolgt.",
            "A research team from Bremerhaven has tracked 87 eels with transmitters on their way "
            "to the Sargasso Sea.",
        ),
        (
            "Die Tiere änderten ihren Kurs dort, wo sich die Neigung des Erdmagnetfelds ändert, "
            "heißt es in der Studie.",
            "The animals changed course where the inclination of the Earth’s magnetic field "
            "changes, the study says.",
        ),
        (
            "Nur sechs Sender erreichten das Laichgebiet.",
            "Only six transmitters reached the spawning area.",
        ),
    ],
    [
        ("Researchers from Bremerhaven tracked 87 eels on their way to the Sargasso Sea.", [0]),
        (
            "The eels changed course where the inclination of the magnetic field changes; six "
            "transmitters reached the spawning area.",
            [1, 2],
        ),
    ],
    "04:00",
    category="Science",
    author="Jonas Petermann",
)

ORGAN = report(
    "Nordpost",
    ("Orgel von 1714 erklingt wieder", "Organ of 1714 sounds again"),
    [
        (
            "Nach neun Jahren Restaurierung erklingt in Ostermoor an diesem Sonntag wieder die "
            "Orgel von 1714.",
            "After nine years of restoration, the organ of 1714 will sound again in Ostermoor this "
            "Sunday.",
        ),
        (
            "Von den 1.846 Pfeifen ist gut die Hälfte noch original.",
            "Of the 1,846 pipes, a good half are still original.",
        ),
    ],
    [
        ("After nine years of restoration, Ostermoor’s organ of 1714 sounds again on Sunday.", [0]),
        ("More than half of its 1,846 pipes are original.", [1]),
    ],
    "06:10",
    category="Culture",
)

HANDBALL = report(
    "Küstenkurier",
    (
        "Handballerinnen holen in letzter Sekunde ein Remis",
        "Handball women draw in the last second",
    ),
    [
        (
            "Mit einem Treffer in der letzten Sekunde haben die Handballerinnen aus Wittensiel "
            "beim Tabellenführer 27:27 gespielt.",
            "With a goal in the last second, the handball women of Wittensiel drew 27–27 at the "
            "league leaders.",
        ),
        (
            "Torfrau Svea Lorenzen hielt vier Siebenmeter.",
            "Goalkeeper Svea Lorenzen saved four seven-metre throws.",
        ),
    ],
    [
        (
            "Wittensiel’s handball women drew 27–27 at the league leaders with a last-second goal.",
            [0],
        ),
        ("Goalkeeper Svea Lorenzen saved four penalties.", [1]),
    ],
    "22:30",
    category="Sport",
)

MUSEUM = report(
    "Archivblatt",
    ("Museum sucht Zeitzeugen der Sturmflut", "Museum seeks witnesses of the storm surge"),
    [
        (
            "Das Küstenmuseum sucht Menschen, die sich an die Sturmflut von 1962 erinnern.",
            "The coastal museum is looking for people who remember the storm surge of 1962.",
        )
    ],
    [("The coastal museum seeks people who remember the storm surge of 1962.", [0])],
    None,
    category="Culture",
)


def digest(**changed: Any) -> Digest:
    """The example; `changed` replaces fields of it."""
    whole = Digest(
        DAY,
        UNTIL - timedelta(days=1),
        UNTIL,
        entries=(
            Entry(
                FERRIES,
                (
                    also("Nordpost", "Electric ferries from March", "06:05"),
                    also("Handelsspiegel", "48.6 million for five ferries", "06:20"),
                ),
            ),
            Entry(CHIPS, (also("Nordpost", "Plant opens later", "19:45"),)),
            Entry(COALITION, (), date(2026, 11, 21), ("340 million", "Elke Thomsen", "9 December")),
            Entry(EELS),
            Entry(PORT),
            Entry(ORGAN),
            Entry(HANDBALL),
        ),
        undated=(Entry(MUSEUM),),
        sources={"Küstenkurier": 14, "Nordpost": 11, "Handelsspiegel": 8, "Sternwarte": 2},
        misses=(
            Miss("Elbwoche", "the server answers 503, three times"),
            Miss(
                "Nordpost", "no article is on the page", "Fotostrecke", "https://nordpost.example/f"
            ),
        ),
        repeats=(
            Repeat(
                "ab12",
                "Bridge in Altenbruck closed until Friday",
                "https://nordpost.example/bruecke",
                date(2026, 11, 20),
            ),
        ),
        omitted=4,
        recipe=RECIPE,
    )
    return replace(whole, **changed)


def all_over(text: str) -> Digest:
    """A digest with `text` wherever a feed, a page, a model or a server can put it."""
    warnings = (
        {"kind": text, "detail": text},
        {"kind": text, "line": 0, "detail": text},
        {"kind": text, "sentence": 0, "detail": text},
        {"kind": text, "sentence": 1, "detail": text},
    )
    about = dict.fromkeys(("category", "author", "section", "image", "excerpt"), text)
    evil = report(text, (text, text), [(text, text)] * 2, [(text, [0])], "06:00", warnings, **about)
    evil = replace(evil, news=replace(evil.news, item=replace(evil.news.item, id=text, url=text)))
    return Digest(
        DAY,
        UNTIL - timedelta(days=1),
        UNTIL,
        (Entry(evil, (evil,), DAY, (text, text)),),
        (Entry(evil),),
        {text: 1},
        (Miss(text, text, text, text),),
        (Repeat(text, text, text, DAY),),
        1,
        {text: {text: [text]}},
    )
