"""Words that mean a number, a month, a weekday or a currency, in German and in English."""

import re
from decimal import Decimal
from enum import IntEnum
from functools import lru_cache
from typing import Literal, NamedTuple

Language = Literal["de", "en"]
Value = Decimal | str  # a number, or the English name of a month, a weekday or a currency
Reading = tuple[Value, ...]
Readings = tuple[Reading, ...]


class Weight(IntEnum):
    """What it means when the other language has no such value."""

    HINT = 0  # "both", "half", "decade": nothing, but it may stand for a numeral
    SPELLED = 1  # "seven", "Friday": may be left out, but not replaced by another
    FIRM = 2  # has digits: must be there


class Meaning(NamedTuple):
    """What a word says. `readings` are alternatives, `kind` is as in `Quantity`."""

    readings: Readings
    weight: Weight
    kind: str = "number"


def look_up(word: str, language: Language) -> Meaning | None:
    """The meaning of a word; German compounds ("dreijährig", "Montagabend") are taken apart."""
    if len(word) > _LONGEST:
        return None
    meaning = _ROMAN.get(word) or _look_up(word.lower(), language)
    if meaning and meaning.kind in ("month", "weekday") and word.islower():
        return None  # "may", "march"; in German they have a capital, too
    return meaning


def compound(text: str, start: int) -> tuple[Decimal, int] | None:
    """The value and the end of an English number of several words ("two hundred and fifty")."""
    match = _COMPOUND.match(text, start)
    if match is None:
        return None
    total = 0
    for word in re.findall("[a-z]+", match[0].lower()):
        total = max(total, 1) * 100 if word == "hundred" else total + _ENGLISH.get(word, 0)
    return Decimal(total), match.end()


_LONGEST = 60  # "neunhundertneunundneunzigtausendneunhundertneunundneunzig" has 57 letters


@lru_cache(65536)
def _look_up(word: str, language: Language) -> Meaning | None:
    meaning = _LEXICON[language].get(word)
    if meaning or word[:3] not in _STARTS[language]:
        return meaning
    if language == "de" and (value := _german(word)) is not None:
        return Meaning(((value,),), Weight.SPELLED)
    for end in range(len(word), 2, -1):  # "Zehnjährige", "dreifach", "Montagabend"
        begin = _LEXICON[language].get(word[:end])
        if begin and begin.kind != "currency":
            return begin if begin.kind == "weekday" else begin._replace(weight=Weight.HINT)
    return None


def _german(word: str) -> Decimal | None:
    """The value of "dreihundertfünfzigtausend" or "zweieinhalb", None for other words."""
    if word in _GERMAN:
        return Decimal(_GERMAN[word])
    for part, size in (("tausend", 1000), ("hundert", 100)):
        left, found, right = word.partition(part)
        if found:
            many = _german(left) if left not in ("", "ein") else Decimal(1)
            few = _german(right.removeprefix("und")) if right else Decimal(0)
            return None if many is None or few is None else many * size + few
    whole = _GERMAN.get(word.removesuffix("einhalb"))
    return None if whole is None else whole + Decimal("0.5")


_UNITS = {
    "de": "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn "
    "fünfzehn sechzehn siebzehn achtzehn neunzehn",
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen",
}
_TENS = {
    "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
}
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
)
_GERMAN_STEMS = {1: "erst", 3: "dritt", 7: "siebt", 8: "acht"}  # of ordinals
_ROMAN_DIGITS = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
# Numbers that may be left out, or stand for a numeral.
_HINTS = {
    "de": {
        0: "kein keine keinen keiner torlos torlose torlosen mitternacht",
        2: "beide beiden beider beides doppelt doppelte doppelten verdoppelt halb halbe halben "
        "halber halbes hälfte paar",
        3: "drittel dritteln",
        4: "viertel vierteln quartal quartals",
        7: "woche wochen",
        10: "jahrzehnt jahrzehnte jahrzehnten",
        12: "mittag mittags mitternacht jahr",
        15: "viertel",
        16: "achtelfinale achtelfinales achtelfinals",
        24: "mitternacht tag",
        25: "viertel",
        30: "halb",
        50: "hälfte",
        100: "jahrhundert jahrhunderte jahrhunderten",
        1000: "jahrtausend",
    },
    "en": {
        0: "nil no none midnight goalless",
        2: "both twice double doubled doubles half halves pair couple duo fortnight",
        3: "thrice triple tripled trio thirds",
        4: "quarter quarters quadruple",
        7: "week weeks weekly",
        10: "decade decades",
        12: "noon midday midnight year",
        14: "fortnight",
        15: "quarter",
        20: "score",
        24: "midnight day",
        25: "quarter",
        30: "half",
        50: "half",
        100: "century centuries",
        1000: "millennium",
    },
}
_SCALES = {
    "de": {
        12: "dutzend dutzende dutzenden",
        10**2: "hundert hunderte hunderten hunderter",
        10**3: "tausend tausende tausenden tausender tsd",
        10**6: "million millionen mio millionär millionäre millionären millionärs",
        10**9: "milliarde milliarden mrd milliardär milliardäre milliardären milliardärs",
        10**12: "billion billionen bio",
        10**15: "billiarde billiarden",
    },
    "en": {
        10: "tens",
        12: "dozen dozens",
        10**2: "hundred hundreds",
        10**3: "thousand thousands k",
        10**6: "million millions mn mln m millionaire millionaires",
        10**9: "billion billions bn billionaire billionaires",
        10**12: "trillion trillions tn trn",
        10**15: "quadrillion quadrillions",
    },
}
# A "May" in a German text is a person whose name English has, too.
MONTHS = {
    "January": ("januar jänner jan", "january jan"),
    "February": ("februar feber feb", "february feb"),
    "March": ("märz march", "march mar"),
    "April": ("april apr", "april apr"),
    "May": ("mai may", "may"),
    "June": ("juni jun", "june jun"),
    "July": ("juli jul", "july jul"),
    "August": ("august aug", "august aug"),
    "September": ("september sept sep", "september sept sep"),
    "October": ("oktober okt", "october oct"),
    "November": ("november nov", "november nov"),
    "December": ("dezember dez", "december dec"),
}
WEEKDAYS = {
    "Monday": ("montag", "monday mondays"),
    "Tuesday": ("dienstag", "tuesday tuesdays"),
    "Wednesday": ("mittwoch", "wednesday wednesdays"),
    "Thursday": ("donnerstag", "thursday thursdays"),
    "Friday": ("freitag", "friday fridays"),
    "Saturday": ("samstag sonnabend", "saturday saturdays"),
    "Sunday": ("sonntag", "sunday sundays"),
}
_CURRENCIES = {
    "EUR": ("euro euros €", "euro euros €"),
    "USD": ("dollar dollars $", "dollar dollars $ bucks"),
    "GBP": ("pfund £", "pound pounds £ quid sterling"),
    "CHF": ("franken", "franc francs"),
    "JPY": ("yen", "yen"),
    "RUB": ("rubel", "rouble roubles ruble rubles"),
}


def _cardinals(language: Language) -> dict[str, int]:
    """The words for 0 to 99, "einundzwanzig", but in English only those without a hyphen."""
    units, tens = _UNITS[language].split(), _TENS[language].split()
    words = {word: n for n, word in enumerate(units)}
    for n, ten in enumerate(tens, 2):
        words[ten] = 10 * n
        if language == "de":
            words |= {f"{unit}und{ten}": 10 * n + k for k, unit in enumerate(units[1:10], 1)}
    return words


def _german_words() -> dict[str, int]:
    """Cardinals and ordinals under 100 with all endings; "ein" is an article, "achten" a verb."""
    words = _cardinals("de")
    for word, n in list(words.items()):
        stem = _GERMAN_STEMS.get(n, word + ("t" if n < 20 else "st"))
        words |= {stem + ending: n for ending in ("e", "en", "er", "es", "em")}
    return {word: n for word, n in words.items() if word not in ("ein", "achten")}


def _english_words() -> dict[str, int]:
    """Cardinals, ordinals and decades under 100, those of one word."""
    words = _cardinals("en") | {word: n for n, word in enumerate(_ORDINALS.split())}
    for word in _TENS["en"].split():
        words[word[:-1] + "ieth"] = words[word[:-1] + "ies"] = words[word]
    return words


def _lexicon(language: Language) -> dict[str, Meaning]:
    """All single words with a meaning; a 1 has none, it may always be an article."""
    lexicon: dict[str, Meaning] = {}
    for value, words in _HINTS[language].items():
        for word in words.split():
            known = lexicon[word].readings if word in lexicon else ()
            lexicon[word] = Meaning((*known, (Decimal(value),)), Weight.HINT)
    numbers = (_GERMAN if language == "de" else _ENGLISH) | FACTORS[language]
    for word, n in numbers.items():
        if word not in AMBIGUOUS_SCALES and n != 1:
            decade = ((Decimal(1900 + n),),) if word.endswith("ties") else ()
            lexicon[word] = Meaning(((Decimal(n),), *decade), Weight.SPELLED)
    if language == "de":
        for word in ("anderthalb", "eineinhalb"):
            lexicon[word] = Meaning(((Decimal("1.5"),),), Weight.SPELLED)
    for kind, table in (("month", MONTHS), ("weekday", WEEKDAYS), ("currency", _CURRENCIES)):
        for name, forms in table.items():
            for word in forms[language == "en"].split():
                lexicon[word] = Meaning(((name,),), Weight.SPELLED, kind)
    return lexicon


FACTORS = {
    language: {word: n for n, words in scales.items() for word in words.split()}
    for language, scales in _SCALES.items()
}
AMBIGUOUS_SCALES = {"k", "m", "bio"}
_GERMAN, _ENGLISH = _german_words(), _english_words()
_LEXICON = {"de": _lexicon("de"), "en": _lexicon("en")}
_STARTS = {
    "de": {word[:3] for word, meaning in _LEXICON["de"].items() if meaning.kind != "currency"},
    "en": set[str](),
}
_ROMAN = {
    ten + unit: Meaning(((Decimal(10 * n + k),),), Weight.SPELLED)
    for n, ten in enumerate(("", "X", "XX"))
    for k, unit in enumerate(_ROMAN_DIGITS)
    if len(ten + unit) > 1
}
_UNIT = "|".join(word for word, n in _ENGLISH.items() if n < 10)
_TEN = "|".join(word for word in _ENGLISH if word.endswith("ty"))
_TEEN = "|".join(word for word, n in _ENGLISH.items() if 10 <= n < 20)
_COMPOUND = re.compile(
    rf"(?:(?:{_UNIT}|{_TEEN}|an?)\s)?hundred\b(?:\s(?:and\s)?(?:(?:{_TEEN})|(?:{_TEN})(?:[-\s](?:{_UNIT}))?"
    rf"|(?:{_UNIT}))\b)?|(?:{_TEN})[-\s](?:{_UNIT})\b",
    re.I,
)
