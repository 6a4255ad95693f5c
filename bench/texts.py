"""The German that all contenders translate: invented, so that every machine has it."""

from itertools import islice, product
from pathlib import Path

from translate import Document

ROOT = Path(__file__).parents[1]
SAMPLES = ("politik.txt", "umbruch.txt", "notiz.txt")
ARTICLE = ROOT / "samples" / SAMPLES[0]
TESTS = ROOT.parent / "shared" / "corpus" / "test"
TEST = "newstest2019"

_DAYS = "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag".split()
_CITIES = (
    "Aachen Augsburg Berlin Bielefeld Bochum Bonn Bremen Chemnitz Dortmund Dresden Duisburg Erfurt "
    "Essen Frankfurt Freiburg Gera Halle Hamburg Hannover Jena Karlsruhe Kassel Kiel Krefeld "
    "Leipzig Mainz Mannheim Potsdam Rostock Stuttgart Trier Ulm Weimar Wuppertal Zwickau"
).split()


def article() -> list[str]:
    """The sentences of one news article."""
    document = Document.parse(ARTICLE.read_text(encoding="utf-8"))
    return [sentence.plain for sentence in document.sentences]


def sentences(count: int) -> list[str]:
    """That many news sentences, no two alike, so that no cache helps.

    Raises:
        ValueError: there are not so many.
    """
    texts = [(ROOT / "samples" / name).read_text(encoding="utf-8") for name in SAMPLES]
    said = [s.plain for text in texts for s in Document.parse(text).sentences if s.kind == "prose"]
    # The sentence changes fastest: neighbours differ in length, as they do in an article.
    every = product(_CITIES, _DAYS, said)
    found = [f"{city}, {day} – {text}" for city, day, text in islice(every, count)]
    if len(found) < count:
        raise ValueError(f"{count} sentences asked for, there are {len(found)}")
    return found


def test_lines(count: int) -> tuple[list[str], list[str]] | None:
    """The first lines of newstest2019 and their references; None where it is not at hand."""
    from training.evaluate import read_set  # it brings torch

    try:
        return read_set(TESTS, TEST, count)
    except FileNotFoundError:
        return None
