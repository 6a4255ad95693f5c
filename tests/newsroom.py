"""An invented newsroom: German articles without end, their pages and feeds, on a loopback server.

    with newsroom() as room:
        feed = room.publish(articles(40, day), "weserbote")

`room.answers` takes anything else by path, `room.requests` has what was asked.
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape
from typing import Literal
from zlib import crc32

from tests.web import Answer, Web, web

Form = Literal["rss", "atom", "rdf"]

TOWNS = (
    "Altenbruck Kleinwalde Nordheim Bergfelde Lindau-Mitte Oberstedt Wiesental Grünhagen Krummsee "
    "Steinfurth Marienwerth Eschenbach Torfmoor Sandhausen Niederau Falkenried Rotenburg "
    "Hohenlinde Birkenau Weidenthal Dornbach"
).split()
WOMEN = "Karla Weidner,Miriam Althaus,Fatma Yıldız,Swantje Brodersen,Henriette Voss".split(",")
MEN = "Jonas Petermann,Tobias Rehm,Gregor Lohse,Emil Nowak,Ansgar Thielen".split(",")
PUBLISHERS = {"weserbote": "Weserbote", "tageblatt": "Lindauer Tageblatt", "kurier": "Nordkurier"}

# Section, headline, and the sentences of a story: the first is its lead.
TOPICS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "Politik",
        "{town} ersetzt die alte Brücke für {n} Millionen Euro",
        (
            "Der Stadtrat von {town} hat am Dienstag beschlossen, die alte Brücke am Hafen für {n} "
            "Millionen Euro zu ersetzen.",
            "Die Arbeiten sollen im Frühjahr beginnen und {few} Jahre dauern.",
            "„Wir haben lange genug gewartet“, sagte Bürgermeisterin {woman}.",
            "Ein Gutachter hatte an den Pfeilern {many} Risse gefunden.",
            "Seit dem Sommer dürfen Lastwagen die Brücke nicht mehr befahren.",
            "Das Land übernimmt {percent} Prozent der Kosten, den Rest trägt die Stadt.",
            "Die Opposition nannte den Plan ein Wagnis mit öffentlichem Geld, stimmte aber zu.",
            "Händler in der Schulstraße fürchten, dass ihnen in der Bauzeit die Kunden fehlen.",
            "Für sie richtet die Stadt einen Fonds ein, aus dem Ausfälle bezahlt werden.",
            "Der Busverkehr wird über {other} umgeleitet.",
        ),
    ),
    (
        "Panorama",
        "Feuer zerstört Lagerhalle in {town}",
        (
            "Ein Feuer hat in der Nacht eine Lagerhalle im Gewerbegebiet von {town} zerstört.",
            "{many} Feuerwehrleute waren bis zum Morgen im Einsatz, verletzt wurde niemand.",
            "Die Flammen hatten gegen zwei Uhr auf das Dach übergegriffen.",
            "Anwohner wurden aufgefordert, Fenster und Türen geschlossen zu halten.",
            "Der Schaden beträgt nach ersten Schätzungen der Polizei rund {n} Millionen Euro.",
            "„So einen Brand hatten wir seit zwanzig Jahren nicht“, sagte Einsatzleiter {man}.",
            "In der Halle lagerten Möbel und mehrere Tonnen Papier.",
            "Warum das Feuer ausbrach, ist noch unklar.",
            "Brandermittler sollen die Ruine am Nachmittag untersuchen.",
            "Die Bahnstrecke nach {other} war {few} Stunden lang gesperrt.",
        ),
    ),
    (
        "Wirtschaft",
        "Maschinenbauer aus {town} stellt {many} Menschen ein",
        (
            "Der Maschinenbauer Rehberg aus {town} stellt in den nächsten Monaten {many} Menschen "
            "ein.",
            "Das Unternehmen erweitert sein Werk am Kanal für {n} Millionen Euro.",
            "Gesucht werden vor allem Mechatroniker und Fachleute für Software.",
            "„Die Aufträge reichen für {few} Jahre“, sagte Geschäftsführerin {woman}.",
            "Im vergangenen Jahr war der Umsatz um {percent} Prozent gestiegen.",
            "Die Gewerkschaft begrüßte die Pläne, verlangt aber feste Verträge.",
            "Bisher ist jeder fünfte Beschäftigte nur auf Zeit angestellt.",
            "Die Stadt will eine neue Buslinie zum Werk einrichten.",
            "Ein Konkurrent in {other} hatte erst im Herbst Stellen gestrichen.",
            "Die neue Halle soll im kommenden Sommer fertig sein.",
        ),
    ),
    (
        "Wissen",
        "Forscher finden bei {town} {many} Gräber aus der Bronzezeit",
        (
            "Archäologen haben auf einem Feld bei {town} {many} Gräber der Bronzezeit entdeckt.",
            "Die Funde sind nach Angaben des Landesamtes mehr als 3.000 Jahre alt.",
            "In einem Grab lag ein Schwert, das fast unbeschädigt ist.",
            "„Das ist ein Glücksfall für die Forschung“, sagte Grabungsleiter {man}.",
            "Entdeckt wurde der Friedhof beim Bau einer Gasleitung.",
            "Die Leitung wird nun um das Feld herumgeführt, was {n} Millionen Euro kostet.",
            "Proben der Knochen werden an der Universität {other} untersucht.",
            "Sie sollen zeigen, woher die Toten stammten und wovon sie lebten.",
            "Etwa {percent} Prozent der Fläche sind bisher ausgegraben.",
            "In {few} Wochen sollen die schönsten Stücke im Museum zu sehen sein.",
        ),
    ),
    (
        "Sport",
        "{town} gewinnt das Derby gegen {other} nach Rückstand",
        (
            "Der SV {town} hat das Derby gegen {other} am Samstag mit {few} zu eins gewonnen.",
            "Vor {many} Zuschauern traf Kapitän {man} kurz vor dem Ende zur Entscheidung.",
            "Die Gäste waren schon nach sechs Minuten in Führung gegangen.",
            "Danach aber spielte nur noch eine Mannschaft.",
            "„In der Pause sind wir laut geworden“, sagte der Trainer.",
            "Zwei Spieler sahen die rote Karte.",
            "In der Tabelle rückt der Verein auf den vierten Platz vor.",
            "Am kommenden Wochenende geht es zum Tabellenführer.",
            "Das Stadion war zum ersten Mal seit Jahren ausverkauft.",
            "Die Einnahmen von {n} Millionen Euro im Jahr sollen in die Jugend fließen.",
        ),
    ),
    (
        "Gesundheit",
        "Klinik in {town} schließt ihre Geburtshilfe",
        (
            "Das Krankenhaus in {town} schließt zum Jahresende seine Geburtshilfe.",
            "Als Grund nannte sie fehlende Hebammen und einen Verlust von {n} Millionen Euro.",
            "Im vergangenen Jahr kamen dort {many} Kinder zur Welt.",
            "Schwangere müssen künftig nach {other} fahren, das sind {percent} Kilometer.",
            "„Das ist für viele Familien zu weit“, sagte die Hebamme {woman}.",
            "Der Landrat will mit der Klinik über eine Lösung sprechen.",
            "Eine Bürgerinitiative hat bereits Tausende Unterschriften gesammelt.",
            "Das Ministerium verwies auf die Pläne des Bundes für kleinere Häuser.",
            "Die {few} Ärzte der Abteilung sollen an anderen Orten arbeiten.",
            "Ein Notdienst bleibt rund um die Uhr besetzt.",
        ),
    ),
    (
        "Justiz",
        "Gericht stoppt Windpark bei {town}",
        (
            "Das Verwaltungsgericht hat den Bau eines Windparks bei {town} vorläufig gestoppt.",
            "Die Richter gaben damit dem Antrag eines Naturschutzvereins statt.",
            "Geplant sind {few} Anlagen für {n} Millionen Euro.",
            "Nach Ansicht des Gerichts wurde nicht geprüft, ob dort Rotmilane brüten.",
            "„Wir sind nicht gegen Windkraft, nur gegen den Ort“, sagte der Vorsitzende {man}.",
            "Die Betreiberin kündigte an, gegen den Beschluss vorzugehen.",
            "Der Park sollte Strom für {many} Haushalte liefern.",
            "Im Landkreis stammen bisher {percent} Prozent des Stroms aus Wind und Sonne.",
            "Auch in {other} wird über einen ähnlichen Plan gestritten.",
            "Wann in der Hauptsache entschieden wird, steht noch nicht fest.",
        ),
    ),
    (
        "Wetter",
        "Hochwasser: In {town} steigt der Fluss auf {few} Meter",
        (
            "Nach tagelangem Regen ist der Fluss in {town} am Morgen auf {few} Meter gestiegen.",
            "Die Feuerwehr hat {many} Sandsäcke an den Ufern ausgelegt.",
            "Zwei Straßen in der Altstadt stehen unter Wasser.",
            "„Das Schlimmste kommt erst in der Nacht“, sagte Krisenmanagerin {woman}.",
            "Schulen und Kindergärten bleiben am Montag geschlossen.",
            "Der Wetterdienst rechnet mit weiteren {percent} Litern Regen auf den Quadratmeter.",
            "Bewohner der Flussgasse wurden gebeten, ihre Keller zu räumen.",
            "Flussabwärts in {other} bereitet man sich auf die Welle vor.",
            "Der Deich war erst vor kurzem für {n} Millionen Euro erhöht worden.",
            "Am Mittwoch soll der Pegel wieder sinken.",
        ),
    ),
)
BACKGROUND = (
    "{town} hat knapp {percent}.000 Einwohner und gehört seit 1974 zum Landkreis {other}.",
    "Die Kreisverwaltung war am Abend für eine Stellungnahme nicht zu erreichen.",
    "Viele Einwohner verfolgten die Nachricht in den sozialen Netzwerken mit großer Anteilnahme.",
    "Schon vor {few} Jahren war über das Thema heftig gestritten worden.",
    "Ein Sprecher des Landes sagte, man stehe mit allen Beteiligten in Kontakt.",
    "Weitere Einzelheiten sollen in der kommenden Woche vorgestellt werden.",
    "In der Redaktion gingen bis zum Mittag {many} Zuschriften von Lesern ein.",
    "In der Nachbarschaft reagierten die Menschen überrascht, manche auch verärgert.",
    "Aus der Landeshauptstadt hieß es, ähnliche Fälle gebe es derzeit auch in anderen Kreisen.",
    "Die Fraktionen wollen sich in der nächsten Sitzung ausführlich mit den Folgen befassen.",
    "Nach Angaben der Verwaltung haben sich bisher {few} Betriebe aus der Umgebung gemeldet.",
    "Ein Bericht der Sparkasse hatte schon im Frühjahr auf die Schwierigkeiten hingewiesen.",
    "Am Rande des Wochenmarktes wurde am Vormittag über kaum etwas anderes gesprochen.",
    "Der Heimatverein erinnert mit einer kleinen Ausstellung an die Geschichte des Ortes.",
    "Im benachbarten {other} verfolgt man die Entwicklung nach eigenen Worten sehr genau.",
    "Ob sich der Zeitplan halten lässt, hängt auch vom Wetter der nächsten Wochen ab.",
)
_ASCII = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", " ": "-", ":": None})


@dataclass(frozen=True)
class Piece:
    """An article; `published` is None where neither page nor feed shall say when."""

    slug: str
    headline: str
    section: str
    author: str
    paragraphs: tuple[str, ...]
    published: datetime | None

    @property
    def teaser(self) -> str:
        """Its first sentences, as a feed has them."""
        return self.paragraphs[0]

    @property
    def path(self) -> str:
        """Of its page."""
        return f"/{self.section.lower()}/{self.slug}.html"


def articles(count: int, latest: datetime, *, first: int = 0) -> list[Piece]:
    """Articles about stories number `first` and on, a quarter of an hour apart, the newest first.

    Each story is its own: no other has its town and event with its figures. About 250 words each.
    """
    return [
        article(number, latest - timedelta(minutes=15 * (number - first)))
        for number in range(first, first + count)
    ]


def article(number: int, published: datetime | None, voice: int = 0) -> Piece:
    """An article about story `number`; each `voice` tells it in another order and with more."""
    section, headline, sentences = TOPICS[number % len(TOPICS)]
    facts = random.Random(number)
    town = TOWNS[number % len(TOWNS)]
    words = {
        "town": town,
        "other": facts.choice([name for name in TOWNS if name != town]),
        "woman": facts.choice(WOMEN),
        "man": facts.choice(MEN),
        "n": facts.randint(2, 98),
        "few": facts.randint(2, 9),
        "many": facts.randint(11, 990),
        "percent": facts.randint(11, 89),
    }
    teller = random.Random(f"{number} {voice}")
    lead, *rest = sentences
    if voice:
        teller.shuffle(rest)
    told = [lead, *rest, *teller.sample(BACKGROUND, 12)]
    told = [sentence.format(**words) for sentence in told]
    slug = headline.format(**words).lower().translate(_ASCII)
    return Piece(
        slug=f"{slug}-{number}-{voice}",
        headline=headline.format(**words),
        section=section,
        author=teller.choice(WOMEN + MEN),
        paragraphs=tuple(" ".join(told[i : i + 2]) for i in range(0, len(told), 2)),
        published=published,
    )


def page(piece: Piece, publisher: str, *, paywall: bool = False) -> str:
    """The page of an article, with what stands around it; or only what is free of it."""
    date = piece.published.isoformat() if piece.published else ""
    body = "".join(f"<p>{escape(text)}</p>" for text in piece.paragraphs[: 1 if paywall else None])
    if paywall:
        body += "<p>Jetzt weiterlesen mit Bote+</p><p>Sie haben bereits ein Abo? Anmelden</p>"
    return f"""<!DOCTYPE html>
<html lang="de"><head><meta charset="utf-8"><title>{escape(piece.headline)} | {publisher}</title>
<meta property="og:site_name" content="{publisher}">
<meta property="og:type" content="article">
<meta property="og:image" content="https://bilder.example/{piece.slug}.jpg">
<meta property="article:published_time" content="{date}">
<meta property="article:section" content="{piece.section}">
<meta name="author" content="{escape(piece.author)}"></head>
<body><nav><a href="/">Startseite</a> <a href="/politik">Politik</a> <a href="/wm">Sport</a></nav>
<main><article><h1>{escape(piece.headline)}</h1>{body}
<p>Lesen Sie auch: Was in {TOWNS[0]} sonst noch geschah</p></article></main>
<footer><p>© {publisher} – Alle Rechte vorbehalten</p></footer></body></html>"""


CONSENT = """<!DOCTYPE html><html lang="de"><head><title>Zustimmung</title></head><body><main>
<h1>Mit Werbung weiterlesen</h1><p>Wir und unsere Partner brauchen Ihre Einwilligung, um Cookies und
personenbezogene Daten für personalisierte Werbung zu nutzen. Sie können Ihre Einwilligung jederzeit
widerrufen.</p><button>Alle akzeptieren</button></main></body></html>"""


def feed(
    pieces: Sequence[Piece], site: str, title: str, form: Form = "rss", *, folder: str = ""
) -> str:
    """The feed of articles whose pages are in `folder` of the site."""
    write = {"rss": _rss, "atom": _atom, "rdf": _rdf}[form]
    return write(pieces, f"{site}{folder}", escape(title))


def _rss(pieces: Sequence[Piece], site: str, title: str) -> str:
    items = "".join(
        f"<item><title>{escape(p.headline)}</title><link>{site}{p.path}?utm_source=rss</link>"
        f'<guid isPermaLink="false">{p.slug}</guid><category>{p.section}</category>'
        f"<dc:creator>{escape(p.author)}</dc:creator>"
        f"<description><![CDATA[<p>{escape(p.teaser)}</p>]]></description>"
        + (f"<pubDate>{format_datetime(p.published)}</pubDate>" if p.published else "")
        + "</item>"
        for p in pieces
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>{title}</title><link>{site}/</link><language>de-DE</language>{items}"
        "</channel></rss>"
    )


def _atom(pieces: Sequence[Piece], site: str, title: str) -> str:
    entries = "".join(
        f"<entry><id>{site}{p.path}</id><title>{escape(p.headline)}</title>"
        f'<link rel="alternate" href="{site}{p.path}"/><category term="{p.section}"/>'
        f"<author><name>{escape(p.author)}</name></author><summary>{escape(p.teaser)}</summary>"
        + (f"<published>{p.published.isoformat()}</published>" if p.published else "")
        + "</entry>"
        for p in pieces
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f'<id>{site}/</id><title>{title}</title><link href="{site}/"/>{entries}</feed>'
    )


def _rdf(pieces: Sequence[Piece], site: str, title: str) -> str:
    items = "".join(
        f'<item rdf:about="{site}{p.path}"><title>{escape(p.headline)}</title>'
        f"<link>{site}{p.path}</link><description>{escape(p.teaser)}</description>"
        f"<dc:creator>{escape(p.author)}</dc:creator>"
        + (f"<dc:date>{p.published.isoformat()}</dc:date>" if p.published else "")
        + "</item>"
        for p in pieces
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF xmlns="http://purl.org/rss/1.0/" '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<channel rdf:about="{site}/"><title>{title}</title><link>{site}/</link></channel>{items}'
        "</rdf:RDF>"
    )


class Newsroom:
    """Publishers on one server: what they publish, and what was asked of them."""

    def __init__(self, site: Web) -> None:
        self.url = site.url
        self.answers = site.answers
        self.requests = site.requests

    def publish(self, pieces: Sequence[Piece], publisher: str, form: Form = "rss") -> str:
        """Put up the pages of articles and a feed of them, in place of its last; the feed's URL.

        The feed has an ETag: asked for again, it answers 304 until it is published anew.
        """
        title = PUBLISHERS.get(publisher, publisher)
        for piece in pieces:
            self.put(f"/{publisher}{piece.path}", page(piece, title))
        body = feed(pieces, self.url, title, form, folder=f"/{publisher}").encode()
        headers = {"Content-Type": "text/xml", "ETag": f'"{crc32(body)}"'}
        self.answers[f"/{publisher}/feed"] = Answer(body, headers)
        return f"{self.url}/{publisher}/feed"

    def put(self, path: str, html: str) -> str:
        """Put up a page; its URL."""
        self.answers[path] = Answer(html.encode(), {"Content-Type": "text/html; charset=utf-8"})
        return self.url + path

    def asked(self) -> list[str]:
        """The paths that were asked for since the last time."""
        paths = [path for path, _ in self.requests]
        self.requests.clear()
        return paths


@contextmanager
def newsroom() -> Iterator[Newsroom]:
    """A running server."""
    with web() as site:
        yield Newsroom(site)
