"""Names of a German sentence that its English translation should have.

All German nouns have a capital, so a capital says little. Sure are only words after a first name,
after a title, or in the midst of a name: "Esme Nussbaum" is lost in "Esme Walnut", since English
kept the one word and has another name for the other.
"""

import re
import unicodedata
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import lru_cache

FIRST_NAMES = frozenset(
    """Abdul Abdullah Achim Adam Adolf Adrian Ahmad Ahmed Alain Albert Alberto Alejandro Aleksandar
    Alex Alexander Alexandra Alexej Alexis Alfons Alfred Ali Alice Alison Amanda Amir Amy
    Ana Anastasia Andrea Andreas Andrej Andrew Andrzej André Andy Angela Angelika Anja Anke
    Ann Anna Anne Annalena Annegret Annette Anthony Anton Antonio António Antony Armin Arno
    Arnold Arthur Astrid Axel Barack Barbara Bashar Bastian Ben Benedikt Benjamin Bernard
    Bernd Bernhard Bernie Bettina Bill Birgit Björn Bob Boris Brian Brigitte Bruce Bruno
    Carl Carla Carlo Carlos Carmen Carola Carolin Caroline Carsten Catherine Charles
    Charlotte Chris Christa Christian Christiane Christina Christine Christoph Christopher
    Claude Claudia Claus Clemens Cornelia Cristiano Daniel Daniela David Dennis Detlef Diana
    Diego Dieter Dietmar Dietrich Dirk Dmitri Dmitrij Dominic Dominik Don Donald Doris
    Eberhard Eckart Edgar Edith Edmund Eduard Edward Egon Elena Elisabeth Elizabeth Elke
    Ellen Emil Emma Emmanuel Emmanuelle Enrico Eric Erich Erik Erika Ernst Erwin Eva Fabian
    Fatih Fatma Felix Ferdinand Fernando Florian Frank François Frans Franz Franziska Frauke
    Fred Friedrich Fritz Gabriel Gabriele Geert Georg George Georges Gerald Gerd Gerhard
    Gianni Giorgia Giorgio Giovanni Giuseppe Gordon Gregor Gudrun Guido Gunther Gustav Guy
    Günter Günther Hannah Hannelore Hannes Hans Harald Harold Harry Hassan Heike Heiko
    Heiner Heinrich Heinz Helena Helga Helmut Henning Henri Henrik Henry Herbert Hermann
    Hillary Holger Horst Hubert Hubertus Hugo Ian Ibrahim Igor Ilse Ines Inge Ingo Ingrid
    Irene Iris Isabel Isabelle Ismail Iwan Jack Jacob Jacques Jakob James Jan Jana Jason
    Jean Jeff Jeffrey Jennifer Jens Jeremy Jerome Jessica Jim Jimmy Joachim Joe Johann
    Johanna Johannes John Johnny Jonas Jonathan Jorge Josef Joseph Joshua José João Juan
    Judith Julia Julian Jupp Justin Jutta Jörg Jörn Jürgen Kai Kamala Karen Karin Karl
    Karsten Katharina Katherine Kathrin Katja Katrin Kay Keir Kemal Ken Kenneth Kerstin
    Kevin Kim Kirsten Klara Klaus Konrad Konstantin Kristin Kurt Lars Lara Laura Laurent Lea
    Lena Leo Leon Leonard Leonid Lewis Linda Lionel Lisa Lothar Louis Luca Lucas Ludwig
    Luigi Luis Luisa Luise Lukas Lutz Maggie Maja Manfred Manuel Manuela Marc Marcel Marco
    Marcus Margaret Margarete Margot Maria Mariano Marie Marina Marine Mario Marion Mark
    Marko Markus Martha Martin Martina Mary Mateusz Mathias Matteo Matthew Matthias Mauricio
    Max Maximilian Mehmet Melania Melanie Michael Michail Michel Michelle Miguel Mike
    Mohamed Mohammad Mohammed Monica Monika Moritz Muhammad Mustafa Nadine Nadja Nancy
    Narendra Nicola Nicolas Nicole Nigel Niklas Nikolai Nikolaus Nils Nina Norbert Olaf Oleg
    Olga Oliver Olivier Omar Oskar Oswald Otto Pablo Paolo Pascal Patricia Patrick Paul
    Paula Pedro Peer Peter Petra Philip Philipp Philippe Pierre Rachel Rainer Ralf Ralph
    Raphael Ray Recep Regina Reinhard Reinhold Renate René Ricarda Ricardo Richard Rita
    Robert Roberta Roberto Roger Roland Rolf Roman Romano Ron Ronald Rosa Rudi Rudolf Ruth
    Sabine Sahra Salman Sam Samuel Sandra Sara Sarah Saskia Scott Sean Sebastian Sepp Sergei
    Sergej Sergio Sigmar Silke Silvia Silvio Simon Simone Sofia Sonja Sophie Stefan Stefanie
    Steffen Steffi Stephan Stephanie Stephen Steve Steven Susan Susanne Sven Svenja Sylvia
    Tanja Thea Theo Theodor Theresa Thilo Thomas Thorsten Tim Timo Tina Tobias Tom Toni Tony
    Torsten Udo Ulf Ulla Ulrich Ulrike Ursula Ute Uwe Valentin Valentina Vanessa Vera Verena
    Veronika Victor Victoria Viktor Vincent Vladimir Volker Walter Waltraud Werner Wilhelm
    William Willi Willy Winfried Wladimir Wolf Wolfgang Wolfram Wolodymyr Xavier Yasmin
    Yvonne Zoe""".split()
)
_TITLE = re.compile(
    r"(?:Herrn?|Frau|Dr|Prof|Sir|Lady|Lord|(?i:präsident|kanzler|minister|sprecher|trainer|senator"
    r"|richter|direktor|chef|professor|kandidat|bürgermeister|gouverneur|general|papst|könig|prinz"
    r"|prinzess|botschafter|autor|regisseur|sänger|schauspieler)(?:in)?)$"
)
# What both languages write with a capital, yet is no name.
_WORDS = frozenset(
    "In So Am All Die Der Das Her An Was War Also Hat Man But Bei Mit On New North South".split()
)
# A noun may follow a name ("Mount Sinai Krankenhaus"), and English may write it with a capital.
_NOUN = re.compile(
    r".{13}|.*(?:ung|ungen|heit|heiten|keit|keiten|schaft|schaften|ion|ionen|ismus|tum|nis|innen"
    r"|haus|liga|rat|isch)$"
    r"|(?:Anfang|Mitte|Ende|Geld|Platz|Recht|Schluss|Schritt|Flugzeug|Mitarbeiter|Verbandes?)$"
    r"|(?:Sie|Ihnen|Ihren?|Ihrem)$"
)


def lost_names(source: str, target: str) -> list[str]:
    """The names of a German sentence that were not found in the English one, however written.

    At most eight are looked for: more are no sentence.
    """
    if source.isupper():
        return []
    candidates = [(a, b) for a, b in dict.fromkeys(_neighbours(source)) if b not in target]
    if not candidates:
        return []
    english = _WORD.findall(target)
    spellings = {_skeleton(word) for word in english}
    return [
        f"{first} {word}"
        for first, word in candidates[:8]
        if (first in FIRST_NAMES or _TITLE.search(first) or _another_follows(first, english))
        and not any(_alike(_skeleton(word), spelling) for spelling in spellings)
    ]


_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


def _neighbours(source: str) -> Iterator[tuple[str, str]]:
    """Words with a capital side by side, of which the second may be a name."""
    before, end = "", -2
    for match in _WORD.finditer(source):
        word = match[0]
        if word[0].isupper():
            adjoins = match.start() == end + 1 and source[end] == " "
            if adjoins and len(word) > 2 and not (_NOUN.match(word) or _TITLE.match(word)):
                yield before, word
            before, end = word, match.end()


def _another_follows(name: str, english: list[str]) -> bool:
    """Whether English has the name, too, and a capital after it."""
    if name in _WORDS or name not in english:
        return False
    after = english.index(name) + 1
    return after < len(english) and english[after][0].isupper()


def similar(a: str, b: str) -> bool:
    """Whether two words may be one name in the spelling of two languages (Lawrow, Lavrov)."""
    return _alike(_skeleton(a), _skeleton(b))


def sound_alike(a: str, b: str) -> bool:
    """Whether two words differ in nothing but the spelling of their sounds; stricter (not Iran)."""
    return _skeleton(a) == _skeleton(b)


def _alike(a: str, b: str) -> bool:
    short, long = sorted((a, b), key=len)
    if len(short) >= 3 and long.startswith(short):
        return True
    return a[:1] == b[:1] and SequenceMatcher(None, short, long).ratio() >= 0.7


_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
# In this order: "tsch" and English "ch" are both k, "sch" and "sh" both s.
_SOUNDS = [
    pair.split("=")
    for pair in (
        "tsch=k tch=k dsch=i sch=s sh=s ch=k ck=k ph=f th=t w=v z=s c=k q=k x=ks y=i j=i h="
    ).split()
]


@lru_cache(65536)
def _skeleton(word: str) -> str:
    """A rough key of how a name sounds: its consonants, and an a for each group of vowels."""
    word = unicodedata.normalize("NFC", word.lower()).translate(_UMLAUTS)
    word = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
    for sign, sound in _SOUNDS:
        word = word.replace(sign, sound)
    return re.sub(r"(.)\1", r"\1", re.sub("[aeiou]+", "a", word))
