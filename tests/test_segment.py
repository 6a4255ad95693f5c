"""Sentences end where a German reader sees them end, in any text and in linear time."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import segmentation
from translate.segment import spans

SHARED = Path(__file__).parents[1].parent / "shared"

# One text a line, its sentences divided by "|".
CASES = {
    "dates and ordinals": """
        Am 3. Oktober bleibt das Museum zu.|Am 4. öffnet es wieder.
        Der 35. Jahrestag fällt auf einen Freitag.|Das Fest beginnt um 20.15 Uhr.
        Die Sitzung ist am 12. und 13. Mai.|Gäste sind willkommen.
        Am Mi., 3. Sept. 2025, tagt der Rat.|Es geht ums Geld.
        Sie wurde am 17.06.2025 gewählt.|2026 tritt sie ab.
        Er feierte Bayerns 21. Sieg.|Der VfL spielt in der 3. Liga.
        Die 2. Große Strafkammer urteilte.|Das 1. Staatsexamen bestand sie.
        Er bekam das Kreuz 2. Klasse.|Die 3. Auflage ist vergriffen.
        Im 3. Jh. n. Chr. fiel die Stadt.|Das war 44 v. Chr. anders.
    """,
    "numbers that end a sentence": """
        Er wurde 3.|Danach trat er ab.|Niemand war überrascht.
        Sie kam auf Platz 3.|Danach war Pause.|Das Spiel endete 3:1.|Trainer Krause jubelte.
        Sie kam auf Platz 3.|Trainer Krause jubelte.
        Der Index stieg auf 4,5.|Anleger jubelten.|Er schloss bei 18.500.|Händler staunten.
        Das war im Jahr 2010.|Minister Kolbe trat zurück.
        Die meisten sind älter als 100.|Wissenschaftler rätseln.
        Der Zug fährt um 12.30.|Der Bus fährt um 13.|Das reicht.
        Er lief 5 km.|Kolbe lief 3 km.|Sie ist 1,70 m groß.
    """,
    "abbreviations": """
        Prof. Dr. med. Eva Klein, geb. 1960, lehrt in Bonn.|Sie forscht z. B. an Zellen.
        Dr.-Ing. Weber und Dipl.-Ing. Kurz kamen.|Sie bauten u. a. Brücken.
        Das kostet ca. 3 Mio. Euro.|Die Stadt zahlt 1,2 Mrd. Dollar.
        Obst, Gemüse usw. sind teuer.|Fleisch, Fisch usw.|Wir kaufen alles.
        Das steht in Art. 5 Abs. 1 GG.|Es gab Fragen dieser Art.|Er schwieg.
        Nach § 3 Nr. 2 gilt das nicht, vgl. Kap. 4.|Mehr steht auf S. 12 f. und in Bd. 3.
        Er wohnt Hauptstr. 5 in St. Pölten.|Sie wohnt in der Bahnhofstr.|Das ist nah.
        Minister a. D. Schulz kam.|Der Verein Licht e. V. dankte.
        Fa. Müller & Co. KG baut.|Die Meier GmbH.|Die Stadt dankt.
        Sie lebt in Bad Homburg v. d. Höhe.|Er wohnt in Frankfurt a. M. und Berlin.
        Das ist lt. Gesetz erlaubt, evtl. auch nötig.|Ggf. hilft ein Anwalt.
        Das U.S. Department antwortete.|Die U.S.A. schwiegen.
        Das Spiel endete 2:1 n. V. für Köln.|Die CDU.|Merkel sprach.
    """,
    "names": """
        J. R. R. Tolkien schrieb viel.|George W. Bush las wenig.
        Heinrich VIII. heiratete sechsmal.|Unter Wilhelm II. wuchs die Flotte.|Das war teuer.
        Der Prozess gegen Thomas B. beginnt.|Anna M. wurde freigesprochen.|Sie weinte.
        Die Adresse ist www.beispiel.de.|Oder info@beispiel.de.|Schreiben Sie!
        Der iPhone-Absatz sank.|eBay wuchs.|Yahoo! meldete Verluste.
    """,
    "quotations": """
        „Wir gehen“, sagte er.|„Wohin?“, fragte sie.|„Nach Hause!“ rief das Kind.
        »Das reicht.«|Der Minister ging.|"Das war gut."|Er nickte.|“Ja.”|Sie ging.
        „Das war gut“.|Er nickte.|‚So nicht.‘|Sie ging.
        „Das war gut.|Wir kommen wieder.“|Er nickte.
        „Das war gut.“|„Ja.“|Er nickte.
        Sie rief: „Halt! Polizei!“|Der Mann rannte.
        Er fragte: „Warum? Für wen?“|Sie schwieg.
        „Auf bald!“ Mit diesen Worten ging sie.|Niemand klatschte.
        Die Sendung „Wer weiß denn das?“ Spezial lief um acht.|Keiner sah zu.
        Sie sah „Wer wird Millionär?“ im Fernsehen.|Dann schlief sie.
    """,
    "other marks": """
        Der Verein (gegr. 1920) feiert.|Er kam (leider zu spät!).|Wir warteten.
        (Er kam nicht. Wir warteten.)|Dann gingen wir.
        Wirklich?!|Ja!!!|Gut...|Man hofft … noch.|Und wartet …|Dann ist Schluss.
        Er sagte es.|– Niemand hörte zu.
        Die Brücke ist offen.[3]|Der Tunnel nicht.[4][5]|Warum?
        **Er kam.**|Sie ging.
        1. Er kam.|A. Sie ging.
        DER RAT TAGT AM 17. JUNI.|DIE STADT ZAHLT.
    """,
}


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in spans(text)]


@pytest.mark.parametrize(
    "expected",
    [line.strip() for lines in CASES.values() for line in lines.strip().splitlines()],
)
def test_splits_where_a_reader_would(expected: str) -> None:
    sentences = expected.split("|")
    assert split(" ".join(sentences)) == sentences


def test_a_long_statement_does_not_become_one_sentence() -> None:
    """Else a model would be given half an article at once."""
    statement = " ".join(f"Wir haben in der Stadt Nummer {n}00 viel gebaut." for n in range(9))
    assert len(split(f"Der Bürgermeister sagte: „{statement}“ Dann ging er.")) == 10


@given(st.text(alphabet='aB .!?…„“"()1:\n\u00a0zd', max_size=80))
def test_nothing_but_white_space_lies_between_sentences(text: str) -> None:
    """Else words would be lost in translation."""
    position = 0
    for start, end in spans(text):
        assert not text[position:start].strip()
        assert text[start:end] == text[start:end].strip() != ""
        position = end
    assert not text[position:].strip()


@pytest.mark.parametrize(
    "piece",
    [".", ". ", '."', '"', ": „a.", "(a. ", "A. ", "1. ", "z. B. ", "a", "!? ", ".”)", "[1]."],
)
def test_time_grows_with_length_only(piece: str) -> None:
    """Else one odd file would stop a batch for hours."""

    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        begin = time.process_time()
        list(spans(text))
        return time.process_time() - begin

    short = max(seconds(10_000), 0.005)
    assert seconds(80_000) < 30 * short  # 8 times as long; quadratic would be 64 times


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared texts are not beside the project")
def test_quality_does_not_fall() -> None:
    """The floors that the project promises; `python -m bench.segmentation` shows the figures."""
    assert segmentation.score(segmentation.news(SHARED)).f1 >= 0.992
    assert sum(true == found for true, found in segmentation.hard_items(SHARED)) >= 19
    assert segmentation.score(segmentation.other("train/ud_pud", SHARED)).f1 >= 0.99
