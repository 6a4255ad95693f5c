"""Lines of a page that are no article go; sentences that resemble them stay."""

import pytest

from depesche.furniture import asks_consent, is_furniture, is_paywall
from tests.documents import SAMPLES


@pytest.mark.parametrize(
    "line",
    [
        "Lesen Sie auch: Warum der Hafen verlandet",
        "Lesen Sie auch : „Das ist ein Skandal!“ – so reagiert die Opposition",
        "+++ Lesen Sie hier: Der Hafen in Zahlen +++",
        "LESEN SIE MEHR ZUM THEMA: Streit um die Häfen",
        "Lies auch: Fünf Fragen zum Hafen",
        "Mehr zum Thema",
        "Mehr zum Thema:",
        "Auch interessant: Was Schiffe kosten",
        "Das könnte Sie auch interessieren",
        "→ Weitere Artikel",
        "Meistgelesen",
        "Jetzt weiterlesen mit W+",
        "Weiterlesen mit WeserPlus",
        "Mit Weser+ weiterlesen",
        "Sie möchten weiterlesen? Jetzt 4 Wochen testen",
        "Dieser Artikel ist exklusiv für Abonnenten.",
        "Sie haben noch kein Abo?",
        "Bereits Abonnent? Hier anmelden",
        "Um diesen Artikel zu lesen, brauchen Sie ein Digitalabo.",
        "Noch kein Abo? Jetzt bestellen",
        "Wir benötigen Ihre Zustimmung, um den Beitrag von YouTube anzuzeigen.",
        "Ab 4,99 € im Monat",
        "Jetzt kostenlos testen",
        "Jederzeit kündbar.",
        "Newsletter abonnieren",
        "Jetzt den Politik-Newsletter abonnieren!",
        "Abonnieren Sie unseren Newsletter und bleiben Sie informiert.",
        "Melden Sie sich hier für unseren täglichen Newsletter an.",
        "Folgen Sie uns",
        "Folgen Sie uns auf Facebook und Instagram",
        "Folge uns auf WhatsApp!",
        "Auf Facebook teilen",
        "Artikel drucken",
        "Teilen",
        "12 Kommentare",
        "Kommentare (3)",
        "Zur Startseite",
        "Lesezeit: ca. 4 Min.",
        "Anzeige",
        "- Anzeige -",
        "© 2025 Weserbote. Alle Rechte vorbehalten.",
        "Empfohlener redaktioneller Inhalt",
        "An dieser Stelle finden Sie einen externen Inhalt von Instagram, der den Artikel ergänzt.",
        "Ich bin damit einverstanden, dass mir externe Inhalte angezeigt werden.",
        "Damit können personenbezogene Daten an Drittplattformen übermittelt werden.",
        "Mehr dazu in unserer Datenschutzerklärung.",
        "Wir und unsere 214 Partner verwenden Cookies, um Ihnen Werbung zu zeigen.",
        "Diese Website verwendet Cookies.",
        "Mit Klick auf „Akzeptieren“ stimmen Sie der Verarbeitung zu.",
        "Sie können Ihre Einwilligung jederzeit widerrufen.",
        "Alle akzeptieren",
    ],
)
def test_what_belongs_to_the_page(line: str) -> None:
    assert is_furniture(line)


@pytest.mark.parametrize(
    "line",
    [
        "Lesen Sie auch die Packungsbeilage, bevor Sie das Mittel nehmen.",
        "Lesen Sie auch, was im Kleingedruckten steht.",
        "„Lesen Sie auch: Paragraf 5“, rief der Anwalt. Danach verließ er den Saal.",
        "Lesen Sie auch: Hafen in Not. Die Ministerin sagte am Donnerstag, das Geld reiche nicht.",
        "Mehr zum Thema sagte die Ministerin nicht.",
        "Mehr dazu will das Gericht am 5. April bekannt geben.",
        "Auch interessant: Der Fluss war früher tiefer. Heute sind es nur noch vier Meter.",
        "Themen der Sitzung waren der Haushalt und die Häfen.",
        "Jetzt weiterlesen, das konnte sie nach dieser Nachricht nicht.",
        "Dieser Artikel der Verfassung schützt die Pressefreiheit.",
        "Dieser Text stammt aus dem Jahr 1848.",
        "Jetzt testen Forscher das Verfahren an Kühen.",
        "Jetzt kostenlos testen lassen können sich nur noch Pflegekräfte.",
        "Der Vertrag ist jederzeit kündbar.",
        "Wer den Newsletter abonnieren will, muss seinen Namen angeben.",
        "Abonnieren Sie unseren Kanal, sagte der Rapper, und ihr werdet sehen.",
        "Folgen Sie uns“, rief der Polizist, „und bleiben Sie ruhig!",
        "Folgen Sie uns nicht auf dem Weg in die Krise, mahnte er.",
        "Teilen will er die Macht nicht.",
        "12 Kommentare waren beleidigend.",
        "Anzeige erstattete der Bürgermeister am Montag.",
        "Werbung für Tabak bleibt verboten.",
        "Nach oben ging es auch mit den Preisen.",
        "An dieser Stelle fand die Polizei das Fahrrad.",
        "An dieser Stelle finden Sie das Grab des Dichters.",
        "„Wir verwenden Cookies“, heißt es auf fast jeder Seite.",
        "Wir nutzen Tracking nur bei Wölfen, sagt die Biologin.",
        "Diese Seite des Flusses gehört schon zu Polen.",
        "Alle akzeptieren das Urteil, nur einer nicht.",
        "Weiterlesen mit den Augen, weiterdenken mit dem Kopf, das war ihr Motto als Lehrerin.",
        "Sie haben ein Problem?",
        "Weiterlesen mit müden Augen fällt schwer.",
        "Diese Analyse ist ein Zugang zum Verständnis der Krise.",
        "Dieser Text ist für die Generation 60+ gedacht.",
        "Schon Mitglied der Partei war er mit 16 Jahren.",
        "Bereits Kunde war Goethe.",
        "Dieser Text ist nur in Fragmenten erhalten.",
        "Um diesen Artikel im Bundestag zu ändern, braucht es eine Mehrheit von zwei Dritteln.",
        "49 Euro im Monat kostet das Ticket künftig.",
        "Mit einem Klick auf die Karte sehen Leser, wo gebaut wird.",
        "Sie können ihre Entscheidung noch ändern, sagte der Richter.",
        "Wir brauchen ihre Zustimmung nicht, sagte der Kanzler.",
        "Hier befindet sich eine Plattform für Vogelbeobachter.",
        "Ich bin damit einverstanden, dass mir der Lohn gekürzt wird, stand in dem Brief.",
        "Copyright schützt Autoren seit 1710.",
        "(c) die Kosten trägt der Vermieter.",
    ],
)
def test_what_only_looks_like_it(line: str) -> None:
    assert not is_furniture(line)


@pytest.mark.parametrize("name", ["politik.txt", "notiz.txt", "leitfaden.md", "umbruch.txt"])
def test_no_line_of_an_article_is_taken_for_the_page(name: str) -> None:
    for line in (SAMPLES / name).read_text(encoding="utf-8").splitlines():
        assert not (line and is_furniture(line)), line


def test_an_offer_is_told_from_a_teaser() -> None:
    assert is_paywall("Jetzt weiterlesen mit W+")
    assert not is_paywall("Lesen Sie auch: Warum der Hafen verlandet")


def test_a_request_for_consent_is_told_from_news_about_one() -> None:
    assert asks_consent("Wir und unsere Partner brauchen Ihre Zustimmung, um Cookies zu setzen.")
    assert not asks_consent("Der Bundesgerichtshof hat über Cookies und Einwilligungen geurteilt.")
    assert not asks_consent("Die Abgeordneten wollen dem Gesetz zum Datenschutz zustimmen.")
