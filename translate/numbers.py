"""Quantities in German and in English text, as values that can be compared.

Both languages are reduced to the same values, whatever the notation: `1,5 Mrd.` and `1.5 billion`
are 1500000000; `17.06.2025` and `June 17, 2025` are 17, June and 2025; `20.30 Uhr` and `8:30 p.m.`
are 20 and 30. A numeral that can be read in several ways keeps all its readings, so an alarm is
raised only where no reading of one side is found on the other.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from translate.number_words import (
    AMBIGUOUS_SCALES,
    FACTORS,
    MONTHS,
    WEEKDAYS,
    Language,
    Meaning,
    Reading,
    Readings,
    Value,
    Weight,
    compound,
    look_up,
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity at `start`:`end` of a text.

    `readings` are alternatives; the values of one reading are meant together (a day, a month and a
    year). `kind` is "number", "month", "weekday" or "currency".
    """

    start: int
    end: int
    readings: Readings
    weight: Weight
    kind: str = "number"

    def found_in(self, others: set[Value]) -> bool:
        """Whether one of the readings is there with all its values."""
        return any(others.issuperset(reading) for reading in self.readings)


class Change(NamedTuple):
    """A quantity as the German has it and as the English has it; "" where it is missing."""

    german: str
    english: str

    def __str__(self) -> str:
        return f"{self.german or '(nothing)'} → {self.english or '(nothing)'}"


def changed_numbers(german: str, english: str) -> list[Change]:
    """The quantities on which a German sentence and its English translation differ.

    Numerals must match both ways. Spelled numbers, months, weekdays and currencies count only
    where the other side has another of the same kind instead: "zwei Wochen" may become "a
    fortnight", but not "three weeks".
    """
    source, target = quantities(german, "de"), quantities(english, "en")
    lost = _unmatched(source, values(target))
    added = _unmatched(target, values(source))
    changes = []
    for kind in dict.fromkeys(q.kind for q in (*lost, *added)):
        left = [german[q.start : q.end] for q in lost if q.kind == kind]
        right = [english[q.start : q.end] for q in added if q.kind == kind]
        changes += [Change(*pair) for pair in zip(left, right, strict=False)]
        firm = [sum(q.kind == kind and q.weight is Weight.FIRM for q in qs) for qs in (lost, added)]
        changes += [Change(text, "") for text in left[len(right) : firm[0]]]
        changes += [Change("", text) for text in right[len(left) : firm[1]]]
    return changes


def values(found: Iterable[Quantity]) -> set[Value]:
    """All values that the quantities may mean."""
    return {value for q in found for reading in q.readings for value in reading}


def _unmatched(found: list[Quantity], others: set[Value]) -> list[Quantity]:
    """The quantities that are not in `others`, numerals first. A 1 may always be an article."""
    others = others | {Decimal(1)}
    missing = [q for q in found if q.weight is not Weight.HINT and not q.found_in(others)]
    return sorted(missing, key=lambda q: -q.weight)


# --- scan ---------------------------------------------------------------------------------------

_TOKEN = re.compile(r"\d+(?:(?:[.,:/'’\u00a0\u2009\u202f–-]| (?=\d{3}(?!\d)))\d+)*|[^\W\d_]+|[€$£]")
_UNIT_POWER = re.compile(r"\b(?:[ckqm]?m|CO|NO|SO|H)$")  # m2, CO2
_DECADE = re.compile(r"(?:19)?(\d0)")
_DECADE_END = {"de": re.compile(r"-?er\b"), "en": re.compile(r"['’]?s\b")}
_HOUR_MINUTE = re.compile(r"(?:1?\d|2[0-4])[.:][0-5]\d")
_PARTS_OF_HOUR = {
    "halb ": (1, 30),
    "viertel vor ": (1, 45),
    "dreiviertel ": (1, 45),
    "viertel nach ": (0, 15),
}
_PART_OF_HOUR = re.compile(rf"\b(?:{'|'.join(_PARTS_OF_HOUR)})$", re.I)
_EVENING = re.compile(r"abend|nachmittag|nachts", re.I)
_TO = r"(?P<to>\s*(?:bis|und|oder|auf|to|and|or|-|–|—)\s*(?:zu |[€$£])?(?:\d[\d.,:]*|[^\W\d_]+))?"
_CLOCK = {
    "de": re.compile(_TO + r"\s*(?P<half>(?!))?Uhr\b"),
    "en": re.compile(_TO + r"\s*(?:(?P<half>[ap])\.?\s?m\b\.?|o['’]?clock\b)", re.I),
}
_NIGHT_TO = re.compile(r"Nacht (?:zum?|auf)(?: den)? $")  # the night before that day
_HALF = {"de": re.compile(r"halbe[nr]?\s+"), "en": re.compile(r"half\s+(?:an?\s+)?", re.I)}
_SCALE = {
    language: re.compile(rf"{_TO}[\s-]*(?:of\s+)?(?P<scale>{'|'.join(words)})\b\.?", re.I)
    for language, words in FACTORS.items()
}
_AND_A_HALF = re.compile(r"½|\s+1/2\b|[\s-]and[\s-]a[\s-]half\b")
_DAY_BEFORE = dict(zip(WEEKDAYS, [*[*WEEKDAYS][-1:], *WEEKDAYS], strict=False))


def quantities(text: str, language: Language) -> list[Quantity]:
    """The quantities of a German or an English text, in order; takes linear time."""
    found: list[Quantity] = []
    end = 0
    for token in _TOKEN.finditer(text):
        if token.start() < end:
            continue
        if token[0][0].isdecimal():
            q = _numeral(text, token, language)
        elif meaning := look_up(token[0], language):
            q = _word(text, token, meaning, language)
        else:
            continue
        found.append(q)
        end = q.end
    return found


def _numeral(text: str, token: re.Match[str], language: Language) -> Quantity:
    """A number written in digits, with the clock or scale that follows it."""
    (start, end), numeral = token.span(), token[0]
    if hour := _hour(text, numeral, start, end, Weight.FIRM, language):
        return hour
    readings = _readings(numeral, language)
    if _HOUR_MINUTE.fullmatch(numeral):
        readings += _time(numeral, "a" if language == "de" else "either")
    decade = _DECADE.fullmatch(numeral)
    if decade and _DECADE_END[language].match(text, end):
        readings += ((Decimal(decade[1]),), (1900 + Decimal(decade[1]),))
    if len(numeral) == 1 and _UNIT_POWER.search(text, max(0, start - 3), start):
        return Quantity(start, end, readings, Weight.HINT)
    return _scaled(text, Quantity(start, end, readings, Weight.FIRM), language)


def _word(text: str, token: re.Match[str], meaning: Meaning, language: Language) -> Quantity:
    """A number word with the clock or scale after it, a month, a weekday or a currency."""
    start, end = token.span()
    q = Quantity(start, end, *meaning)
    value = q.readings[0][0]
    if q.kind == "weekday" and _NIGHT_TO.search(text, max(0, start - 20), start):
        return replace(q, readings=(*q.readings, (_DAY_BEFORE[str(value)],)))
    if q.kind != "number":
        return q
    half = _HALF[language].match(text, start)
    if half and _SCALE[language].match(text, half.end()):
        q = Quantity(start, half.end(), ((Decimal("0.5"),),), Weight.SPELLED)
    elif language == "en" and (several := compound(text, start)):
        q = Quantity(start, several[1], ((several[0],),), Weight.SPELLED)
    elif hour := _hour(text, f"{value}", start, end, q.weight, language):
        return hour
    return _scaled(text, q, language)


def _hour(
    text: str, numeral: str, start: int, end: int, weight: Weight, language: Language
) -> Quantity | None:
    """A number of the clock: before "Uhr" or "p.m.", or after "halb"."""
    clock = _CLOCK[language].match(text, end)
    part = _PART_OF_HOUR.search(text, max(0, start - 12), start) if language == "de" else None
    if not (clock or part) or "," in numeral:
        return None
    half = (clock["half"] if clock else None) or "either"
    if language == "de" and not part and not _EVENING.search(text, max(0, start - 50), end + 50):
        half = "a"
    readings = _time(numeral, half.lower())
    if part:
        before, minute = _PARTS_OF_HOUR[part[0].lower()]
        hours = [reading[0] for reading in readings]
        readings += tuple((hour - before, Decimal(minute)) for hour in hours)
    if clock is None or clock["to"]:
        either = (*readings, *_readings(numeral, language))
        return Quantity(start, end, either, weight)
    return Quantity(start, clock.end(), readings, weight)


def _scaled(text: str, q: Quantity, language: Language) -> Quantity:
    """The quantity with a half and a scale after it ("2½", "1,5 Mrd.", "10 bis 20 Millionen")."""
    end, readings = q.end, q.readings
    if half := _AND_A_HALF.match(text, end):
        end = half.end()
        readings = tuple((*r[:-1], _plus_half(r[-1])) for r in readings)
    for _ in range(2):  # "hundred thousand"
        scale = _SCALE[language].match(text, end)
        if scale is None:
            break
        word = scale["scale"].lower()
        scaled = tuple(_times(reading, FACTORS[language][word]) for reading in readings)
        if scale["to"]:
            readings += scaled
            break
        readings = (*scaled, *readings) if word in AMBIGUOUS_SCALES else scaled
        end = scale.end()
    return Quantity(q.start, end, readings, q.weight)


def _plus_half(value: Value) -> Value:
    return value + Decimal("0.5") if isinstance(value, Decimal) else value


def _times(reading: Reading, factor: int) -> Reading:
    return tuple(value * factor if isinstance(value, Decimal) else value for value in reading)


# --- numerals -----------------------------------------------------------------------------------

_GROUPED = {
    "de": re.compile(r"[1-9]\d{0,2}(?:[.'’\s]\d{3})+(?:,\d+)?"),
    "en": re.compile(r"[1-9]\d{0,2}(?:[,'’\s]\d{3})+(?:\.\d+)?"),
}
_DECIMAL = {"de": re.compile(r"\d+,\d+"), "en": re.compile(r"\d+\.\d+")}
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_SLASHED = re.compile(r"(\d\d?)/(\d\d?)/(\d{4}|\d\d)")
_LONGEST = 40  # characters of a numeral that is still read as a number


@lru_cache(4096)
def _readings(numeral: str, language: Language) -> Readings:
    """What a numeral such as "1.500", "17.06.2025", "10-20" or "2:1" may mean."""
    if len(numeral) > _LONGEST:
        return ((numeral,),)
    if numeral.isdecimal():
        return ((Decimal(numeral),),)
    if iso := _ISO.fullmatch(numeral):
        return _date(iso[3], iso[2], iso[1]) or _parts(numeral, language)
    if slashed := _SLASHED.fullmatch(numeral):
        month, day, year = slashed.groups()
        return _date(day, month, year) + _date(month, day, year) or _parts(numeral, language)
    if re.search("[-–/:]", numeral):
        return _parts(numeral, language)
    if _GROUPED[language].fullmatch(numeral):
        group, point = (".", ",") if language == "de" else (",", ".")
        plain = re.sub(r"['’\s]", "", numeral.replace(group, "")).replace(point, ".")
        return ((Decimal(plain),), *(_parts(numeral, language) if " " in numeral else ()))
    if _DECIMAL[language].fullmatch(numeral):
        value = Decimal(numeral.replace(",", "."))
        return ((value,), (value * 1000,)) if numeral.endswith(",000") else ((value,),)
    day, _, rest = numeral.partition(".")
    month, _, year = rest.partition(".")
    dates = _date(day, month, year) if language == "de" or year else ()
    dotted = ((Decimal(numeral),),) if _DECIMAL["en"].fullmatch(numeral) else ()
    return (*dotted, *dates, *_parts(numeral, language))


def _parts(numeral: str, language: Language) -> Readings:
    """The numbers between the separators of a range, a score or a list, meant together."""
    parts = re.split("[-–/: ]", numeral)
    if len(parts) == 2 and len(parts[0]) == 4 and len(parts[1]) == 2:  # 2015/16
        ends = (parts[1], parts[0][:2] + parts[1])
        return tuple((Decimal(parts[0]), Decimal(end)) for end in ends)
    if len(parts) not in (2, 3):
        return (tuple(Decimal(part) for part in re.findall(r"\d+", numeral)),)
    choices = product(*(_readings(part, language) for part in parts))
    return tuple(tuple(value for reading in choice for value in reading) for choice in choices)


def _date(day: str, month: str, year: str) -> Readings:
    """A date in digits, its year with two or four digits or empty; () where it is no date."""
    if not (day.isdecimal() and month.isdecimal() and len(day) <= 2 and len(month) <= 2):
        return ()
    if not (1 <= int(day) <= 31 and 1 <= int(month) <= 12):
        return ()
    base: Reading = (Decimal(day), list(MONTHS)[int(month) - 1])
    if not year:
        return (base,)
    years = [year] if len(year) != 2 else [year, "19" + year, "20" + year]
    return tuple((*base, Decimal(y)) for y in years)


def _time(numeral: str, half: str) -> tuple[tuple[Decimal, ...], ...]:
    """The hours and minutes of "20.30", "8" or "7:30-9"; `half` of the day is a, p or either."""
    choices: list[tuple[tuple[Decimal, ...], ...]] = []
    for clock in re.split("[-–/]", numeral):
        hour, *minutes = (Decimal(part) for part in re.findall(r"\d+", clock))
        hours = {
            "a": (hour, Decimal(24)) if hour in (0, 12) else (hour,),
            "p": (hour % 12 + 12,),
            "either": (hour, hour + 12),
        }[half]
        rest = tuple(minute for minute in minutes if minute)
        choices.append(tuple((h, *rest) for h in hours))
    return tuple(
        tuple(value for reading in choice for value in reading) for choice in product(*choices)
    )
