"""What the German behind a translation says, as far as an English line can be compared with it.

A translation may invent a name or put one for another; English alone does not show it. Yet most of
what English writes with a capital is translated, not spelled alike: offices, institutions, words
of a headline, Germany. So a name is missed only if it is no common English word (`common.txt`), is
not what English calls otherwise (`exonyms.tsv`, the glossary), and no word in German is like it.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cache, cached_property, lru_cache
from itertools import accumulate
from pathlib import Path

from summarize import english
from translate import Glossary
from translate.names import FIRST_NAMES, similar
from translate.number_words import Value, look_up
from translate.numbers import quantities, values

COMMON = Path(__file__).parent / "common.txt"
EXONYMS = Path(__file__).parent / "exonyms.tsv"


class Original:
    """The German sentences of a text; each is known by its index."""

    def __init__(self, sentences: Sequence[str], glossary: Glossary) -> None:
        """What English the glossary has for a sentence is taken as said there."""
        self._sentences = sentences
        self._glossary = glossary
        self._names = lru_cache(maxsize=256)(self._names_in)

    def has_name(self, name: str, places: Sequence[int]) -> bool:
        """Whether one of the sentences has an English name; asked of telling ones only."""
        return any(self._says(name, i) for i in places)

    def values(self, places: Sequence[int]) -> set[Value]:
        """The numbers, months, weekdays and currencies of some sentences."""
        return values(quantities("\n".join(self._sentences[i] for i in places), "de"))

    @cached_property
    def all_values(self) -> set[Value]:
        """Those of all sentences."""
        return self.values(range(len(self._sentences)))

    def quotes(self, places: Sequence[int]) -> bool:
        """Whether one of the sentences has a quotation mark, or is part of a longer quotation."""
        return any(i in self._quoted or _MARK.search(self._sentences[i]) for i in places)

    def _says(self, name: str, place: int) -> bool:
        """Whether a sentence has an English word: as it is, respelled, or as a known exonym."""
        name = name.lower()
        german = self._sentences[place].lower()
        one = name.removesuffix("s") if len(name) > 4 else name
        if any(_begins(stem, german) for stem in (one, *_german_stems(name))):
            return True
        names, said = self._names(place)
        return name in said or any(similar(one, other) for other in names)

    def _names_in(self, place: int) -> tuple[list[str], set[str]]:
        """A sentence's words that may hold a name, and the English words of its glossary terms."""
        sentence = self._sentences[place]
        words = [word for word in _WORD.findall(sentence) if len(word) > 2]
        names = [word for word in words if word[0].isupper() or "isch" in word]  # "irakische"
        terms = self._glossary.terms(sentence)
        return names, {word for term in terms for word in _WORD.findall(term.english.lower())}

    @cached_property
    def _quoted(self) -> set[int]:
        """The sentences between the marks of a quotation of several."""
        starts = list(accumulate((len(sentence) + 1 for sentence in self._sentences), initial=0))
        return {
            place
            for match in _QUOTATION.finditer("\n".join(self._sentences))
            for place in range(
                bisect_right(starts, match.start()) - 1, bisect_left(starts, match.end())
            )
        }


_WORD = re.compile(r"[^\W\d_]+")
_MARK = re.compile(r"[„“”\"»«‚‘›‹`]|(?<!\w)['’](?=\w)|''")
# At most a long paragraph, so that a mark without its fellow hides little.
_INSIDE = r'[^„“”»«"]{,2000}+'
_QUOTATION = re.compile(rf'„{_INSIDE}[“”"]|»{_INSIDE}«|«{_INSIDE}»|“{_INSIDE}”|"{_INSIDE}"')


@lru_cache(65536)
def is_telling(name: str) -> bool:
    """Whether an English word with a capital is a name that German should have, too.

    No acronyms (ECB, EZB), and nothing that has a number's, a month's or a weekday's meaning.
    """
    if len(name) < 3 or not name[1:2].islower():
        return False
    is_word = english.stem(name) in _common() and name not in FIRST_NAMES
    return not (is_word or look_up(name, "en") or look_up(name.removesuffix("s"), "en"))


@lru_cache(65536)
def _german_stems(name: str) -> list[str]:
    """How German words begin that say the same as an English name, given in lower case."""
    return [
        stem
        for beginning, stems in _exonyms().items()
        if name.startswith(beginning)
        for stem in stems
    ]


def _begins(stem: str, german: str) -> bool:
    """Whether a text has a word, or a long stem in a compound: "süddeutsch", but not "zusammen"."""
    if len(stem) > 3:
        return stem in german
    return any(word.startswith(stem) for word in _WORD.findall(german))


@cache
def _common() -> frozenset[str]:
    """The stems of English words that are written without a capital."""
    return frozenset(_lines(COMMON))


@cache
def _exonyms() -> dict[str, list[str]]:
    """How German words begin for each beginning of an English name."""
    rows = (line.split("\t") for line in _lines(EXONYMS))
    return {name: stems.split() for names, stems in rows for name in names.split()}


def _lines(file: Path) -> Iterator[str]:
    """The lines of a bundled file without its comments."""
    text = file.read_text(encoding="utf-8")
    return (line for line in text.splitlines() if not line.startswith("#"))
