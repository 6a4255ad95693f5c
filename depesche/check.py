"""Whether a line of a brief says only what its source says: names, numbers, dates and quotations.

Nothing is proven here. What is returned has no support that could be seen: the source does not have
it, or has it only apart from what the line puts beside it.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

from depesche.original import Original, is_telling
from summarize import english
from translate import Glossary
from translate.names import FIRST_NAMES
from translate.number_words import Value, Weight, look_up
from translate.numbers import Quantity, quantities, values

REACH = 1  # sentences from one to the other of what belongs together


def unsupported(line: str, source: str) -> list[str]:
    """The names, numbers, dates and quotations in an English line that its English source lacks.

    Also those it has, but not together: the parts of a name it never joins, and two names, or a
    number and what it counts, that are never in the same or in neighbouring sentences.

    Returns:
        The words in question, each once; empty where all is supported.
    """
    return _source(source).unsupported(line)


class Source:
    """What lines are checked against: an English text, and the German it was translated from."""

    def __init__(self, text: str, german: str = "", glossary: Glossary | None = None) -> None:
        """With `german`, the names, numbers, dates and quotations of a line must be there, too.

        Args:
            text: English.
            german: what it was translated from, line by line.
            glossary: names that German has otherwise; None takes the bundled ones.

        Raises:
            ValueError: the two differ in their number of lines.
        """
        self._text = _plain(text)
        self._lower = self._text.lower()
        self._line_ends = [match.start() for match in re.finditer("\n", self._lower)]
        self._starts = [start for start, _ in english.spans(self._text)]
        self._german: Original | None = None
        if german:
            sentences = german.split("\n")
            if len(sentences) != len(self._line_ends) + 1:
                raise ValueError("English and German differ in their number of lines")
            terms = Glossary.names() if glossary is None else glossary
            self._german = Original(sentences, terms)
        self._where = lru_cache(maxsize=1024)(self._sentences_with)

    def unsupported(self, line: str) -> list[str]:
        """What the line has and the source lacks; see the function of that name."""
        line = _plain(line)
        found = list(self._quotations(line))
        for sentence in english.sentences(line):
            names = list(_names(sentence))
            found += [part for name in names for part in self._name(name)]
            found += self._apart([name.words[-1] for name in names])
            found += self._numbers(sentence)
        return list(dict.fromkeys(found))

    def _quotations(self, line: str) -> Iterator[str]:
        """Quotations of three words or more, but no titles, which the source has not verbatim."""
        for quotation in _QUOTATION.findall(line) if line.count('"') % 2 == 0 else ():
            for part in quotation.split("..."):
                words = [word for word in _WORD.findall(part) if len(word) > 1]
                is_title = all(w[0].isupper() or w in english.FUNCTION_WORDS for w in words)
                if len(words) > 2 and not is_title and not self._quotes(part):
                    yield part.strip()

    def _quotes(self, part: str) -> bool:
        """Whether it has these words, and German at the same place quotes, with these numbers."""
        if not self._german:
            return self._says(part)
        firm = [q for q in quantities(part, "en") if _is_sure(q)]
        return any(
            self._german.quotes(place)
            and all(_is_among(q, self._german.values(place), False) for q in firm)
            for place in self._places(part)
        )

    def _name(self, name: "_Name") -> Iterator[str]:
        """The words of a name that the source lacks, or has but never in one sentence."""
        if len(name.words) > 1 and self._has_acronym("".join(word[0] for word in name.words)):
            return  # "United Nations", where the source says "UN"
        known = []
        for i, word in enumerate(name.words):
            if word.lower() in english.FUNCTION_WORDS or len(word) == 1:
                continue
            if places := self._where(word):
                known.append((word, places))
                if self._is_only_english(word):
                    yield word
            elif i > 0 or not self._may_be_a_word(name):
                yield word
        for (a, places), (b, others) in pairwise(known):
            if self._is_name(a) and self._is_name(b) and _distance(places, others):
                yield f"{a} {b}"

    def _may_be_a_word(self, name: "_Name") -> bool:
        """Whether the first word of a name may have its capital from the start of a sentence."""
        first, *rest = name.words
        if not name.is_first or first in FIRST_NAMES or (first.isupper() and len(first) > 1):
            return False
        return not rest or bool(self._where(rest[0]))

    def _is_only_english(self, word: str) -> bool:
        """Whether it is a name that German lacks wherever the English has it."""
        if not self._german or not is_telling(word):
            return False
        return not self._german.has_name(word, self._lines(word)) and self._is_name(word)

    def _apart(self, names: list[str]) -> Iterator[str]:
        """Names that follow each other in the line, but are far from each other in the source."""
        for a, b in pairwise(name for name in names if self._is_name(name)):
            if _distance(self._where(a), self._where(b)) > REACH:
                yield f"{a} … {b}"

    def _numbers(self, sentence: str) -> Iterator[str]:
        """Numbers that the source lacks, or has far from what they count; dates not in German."""
        for q in quantities(sentence, "en"):
            text = sentence[q.start : q.end]
            hedged = bool(_HEDGE.search(sentence, max(0, q.start - 30), q.start))
            if _VAGUE.fullmatch(text):
                continue
            if self._german and _is_sure(q) and not _is_among(q, self._german.all_values, hedged):
                yield text
            elif q.kind == "number" and q.weight is not Weight.HINT:
                if not self._says(text) and not _is_among(q, self._values, hedged):
                    yield text
                elif counted := _COUNTED.match(sentence, q.end):
                    places, others = self._where(text), self._where(counted[1])
                    if places and others and _distance(places, others) > REACH:
                        yield text + counted[0]

    # --- what the source has ---

    def _sentences_with(self, word: str) -> list[int]:
        """The sentences that have a name or another form of it; all, where it is an acronym's."""
        key = word.lower()
        forms = {key, *_ALIASES.get(key, ())}
        places = {
            bisect_right(self._starts, match.start()) - 1
            for beginning in {form[:4] for form in forms}
            for match in _words(self._lower, beginning)
            if match[0] in forms or _are_forms(key, match[0])
        }
        letters = word.replace(".", "").removesuffix("s")
        is_acronym = not places and len(letters) > 1 and letters.isupper()
        if is_acronym and (self._has_acronym(letters) or letters in self._initials):
            return list(range(len(self._starts)))
        return sorted(places)

    def _says(self, words: str) -> bool:
        """Whether it has these words one after the other."""
        first, *rest = _WORD.findall(words.lower())
        if not rest:
            return any(match[0] == first for match in _words(self._lower, first))
        return f" {' '.join((first, *rest))} " in self._flat

    def _places(self, words: str) -> Iterator[Sequence[int]]:
        """The lines in which it has these words one after the other."""
        flat = f" {' '.join(_WORD.findall(words.lower()))} "
        at = self._flat.find(flat)
        while at >= 0:
            first, last = (
                bisect_right(self._flat_starts, i) - 1 for i in (at + 1, at + len(flat) - 2)
            )
            yield range(first, last + 1)
            at = self._flat.find(flat, at + 1)

    def _lines(self, word: str) -> list[int]:
        """The lines that have a word, in whatever case."""
        key = word.lower()
        starts = (match.start() for match in _words(self._lower, key) if match[0] == key)
        return [bisect_right(self._line_ends, start) for start in starts]

    def _has(self, word: str) -> bool:
        """Whether it has this word in these very letters."""
        return any(match[0] == word for match in _words(self._text, word))

    def _has_acronym(self, letters: str) -> bool:
        return self._has(letters) or f"{'.'.join(letters)}." in self._text

    def _is_name(self, word: str) -> bool:
        """Whether it has this word always with a capital, and it is no date."""
        key = word.lower()
        meaning = look_up(word, "en")
        if len(key) == 1 or key in english.FUNCTION_WORDS:
            return False
        if meaning and meaning.kind in ("month", "weekday"):
            return False
        return not self._has(key) and any(match[0] == key for match in _words(self._lower, key))

    @cached_property
    def _initials(self) -> str:
        """The first letters of the words with a capital, in order; other words part them."""
        words = (word for word in _WORD.findall(self._text) if word not in _LINKS)
        return "".join(word[0] if word[0].isupper() else " " for word in words)

    @cached_property
    def _flat(self) -> str:
        return f" {' '.join(_WORD.findall(self._lower))} "

    @cached_property
    def _flat_starts(self) -> list[int]:
        """Where in `_flat` each line starts."""
        sizes = (len(" ".join(["", *_WORD.findall(line)])) for line in self._lower.split("\n"))
        return list(accumulate(sizes, initial=0))[:-1]

    @cached_property
    def _values(self) -> set[Value]:
        return values(quantities(self._text, "en"))


_source = lru_cache(maxsize=8)(Source)


# --- lines --------------------------------------------------------------------------------------

_SIGNS = tuple(zip("’‘“”–—‐‑", "''\"\"----", strict=True))
_WORD = re.compile(r"(?:[A-Za-z]\.){2,6}|[^\W\d_]+|\d+(?:[.,:]\d+)*")
_QUOTATION = re.compile(r'"([^"\n]+)"')
_WHOLE = re.compile(rf"(?<![^\W_])(?<!\d[.,:])(?:{_WORD.pattern})")
_LINKS = frozenset(("of", "the", "and", "for"))
_HEDGE = re.compile(
    r"\b(?:about|nearly|almost|around|over|some|roughly|under|approximately|estimated"
    r"|more than|less than|fewer than|at least|up to|as many as|close to)\W+(?:\w+\W+)?$",
    re.I,
)
_VAGUE = re.compile(r"(?:dozen|hundred|thousand|million|billion)s", re.I)
_COUNTED = re.compile(r"[\s-]*([a-z]{4,})\b")


class _Name(NamedTuple):
    """Adjoining words with a capital; `is_first` where the first of them must have one."""

    words: list[str]
    is_first: bool


def _plain(text: str) -> str:
    for sign, plain in _SIGNS:  # ten times as fast as `translate`
        text = text.replace(sign, plain)
    return text


def _words(text: str, beginning: str) -> Iterator[re.Match[str]]:
    """The words of a text that begin so."""
    at = text.find(beginning)
    while at >= 0:
        if match := _WHOLE.match(text, at):
            yield match
        at = text.find(beginning, at + 1)


def _names(sentence: str) -> Iterator[_Name]:
    """The names of a sentence, and its first word; abbreviated titles are passed over."""
    words: list[str] = []
    is_first, end = True, 0
    for match in _WORD.finditer(sentence):
        word, gap = match[0], sentence[end : match.start()]
        if not word[0].isupper():
            continue
        if words and not (gap in (" ", "-") or (gap == ". " and len(words[-1]) == 1)):
            yield _Name(words, is_first)
            words = []
        end = match.end()
        if sentence[end : end + 1] == "." and 1 < len(word) <= 4 and not words:
            continue
        if not words:
            before = sentence[max(0, match.start() - 3) : match.start()].rstrip()
            is_first = before == "" or before[-1] in "\"'(:;"
        words.append(word)
    if words:
        yield _Name(words, is_first)


def _distance(places: list[int], others: list[int]) -> int:
    """The fewest sentences from a place to one of the others, both sorted; 0 if there is none."""
    i = j = 0
    nearest = 10**6 if places and others else 0
    while i < len(places) and j < len(others):
        nearest = min(nearest, abs(places[i] - others[j]))
        if places[i] < others[j]:
            i += 1
        else:
            j += 1
    return nearest


def _is_sure(q: Quantity) -> bool:
    """Whether another language must have it, too."""
    return q.weight is Weight.FIRM or q.kind in ("month", "weekday")


def _is_among(q: Quantity, known: set[Value], hedged: bool) -> bool:
    """Whether the source has the quantity, or one that it was rounded from."""
    return any(
        all(
            value == 1 or value in known or any(_rounds_to(value, other, hedged) for other in known)
            for value in reading
        )
        for reading in q.readings
    )


def _rounds_to(value: Value, other: Value, hedged: bool) -> bool:
    """Whether `other` may have been rounded to `value`: 2.96 million to 3 million.

    After "about" or "more than" by an eighth of it, else by half of its last digit that is not 0.
    """
    if isinstance(value, str) or isinstance(other, str) or value < 10:
        return False
    if hedged:
        return abs(value - other) <= other / 8
    digits = str(int(value))
    unit = 10 ** (len(digits) - len(digits.rstrip("0")))
    is_whole = other == other.to_integral_value()
    return (value >= 1000 or not is_whole) and abs(value - other) <= Decimal(unit) / 2


# --- forms of a name ----------------------------------------------------------------------------

_ENDINGS = frozenset(
    """s es n an ans ian ians i is ic ics ist ists ish ese y e a o ia en er ers ey um us al uese
    land tish ean eans""".split()
) | {""}
_ALIASES = {
    word: group.split()
    for group in """us u.s. usa u.s.a. america american americans|utd united|england english
uk u.k. britain british briton britons|eu e.u. europe european europeans|xmas christmas
netherlands dutch holland|denmark danish dane danes|spain spanish spaniard spaniards|france french
poland polish pole poles|switzerland swiss|ireland irish|wales welsh|norway norwegian norwegians
finland finnish finn finns|greece greek greeks|turkey turkish turk turks|peru peruvian peruvians
cyprus cypriot|philippines filipino filipinos|kurdistan kurd kurds kurdish|thailand thai
argentina argentine argentines|islam islamic muslim muslims|jew jews jewish|zealand kiwi kiwis
january jan|february feb|april apr|august aug|september sep sept|october oct|november nov
december dec""".replace("\n", "|").split("|")
    for word in group.split()
}


def _are_forms(a: str, b: str) -> bool:
    """Whether two words in lower case differ only in their endings: Canada, Canadians."""
    same = next(
        (i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b))
    )
    return same >= 4 and a[same:] in _ENDINGS and b[same:] in _ENDINGS
