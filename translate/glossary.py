"""Terms that must come out as their owner wants them, whatever inflection German gives them."""

import csv
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

from translate.names import sound_alike

NAMES = Path(__file__).parent / "names.tsv"

_WORD = re.compile(r"[^\W_]+")
_ENDINGS = ("", "s", "es", "e", "en", "n", "er", "ern", "em", "ns", "ens", "’", "'")
_SHORT = 4  # shorter words are not inflected here: "Ära", "Rom", "USA"


class GlossaryError(Exception):
    """A glossary that cannot be read; the message is one line."""


@dataclass(frozen=True)
class Term:
    """A German term and its English."""

    german: str
    english: str

    @cached_property
    def source(self) -> re.Pattern[str]:
        """Finds the term in German, inflected as German inflects nouns, adjectives and names."""
        return re.compile(rf"(?<!\w){_inflected(self.german)}(?!\w)")

    @cached_property
    def target(self) -> re.Pattern[str]:
        """Finds the term in English, in any case, also as a plural or a genitive."""
        words = r"\s+".join(map(re.escape, self.english.split()))
        return re.compile(rf"(?<!\w){words}(?:s|es|['’]s?)?(?!\w)", re.IGNORECASE)

    def is_in(self, german: str) -> bool:
        """Whether a German text has the term."""
        return self.source.search(german) is not None

    def is_said(self, english: str) -> bool:
        """Whether an English text has it."""
        return self.target.search(english) is not None

    def placed(self, english: str, german: str) -> str:
        """`english` with the term where the model left German or spelled a name its own way.

        What is replaced is the German term or a capitalised word that sounds like it and that
        `german`, its source, does not have; if neither is there, the text comes back as it is.
        """
        if self.is_said(english):
            return english
        found = self.source.search(english)
        if found:
            rest = found[0][len(self.german) :] if found[0].startswith(self.german) else ""
            genitive = "'s" if rest == "s" else ""
            return english[: found.start()] + self.english + genitive + english[found.end() :]
        others = set(_WORD.findall(german))
        for word in _WORD.finditer(english):
            if (
                word[0][0].isupper()
                and word[0] not in others
                and _alike(word[0], self.german, self.english)
            ):
                return english[: word.start()] + self.english + english[word.end() :]
        return english


class Glossary:
    """Terms, found by the words that German texts have."""

    def __init__(self, terms: Iterable[Term]) -> None:
        """Where two terms overlap in a text, the longer German one counts."""
        self._terms: dict[str, list[Term]] = {}
        for term in sorted(set(terms), key=lambda t: (-len(t.german), t.german)):
            self._terms.setdefault(_key(term.german), []).append(term)

    @classmethod
    def read(cls, path: Path) -> "Glossary":
        """The glossary in a TSV or CSV file: German term, English term, optional note.

        Empty lines and lines that begin with # are passed over.

        Raises:
            GlossaryError: the file cannot be read, or a line has no two terms.
        """
        return cls(_read(path))

    @classmethod
    def names(cls) -> "Glossary":
        """The bundled names that German and English write differently."""
        return cls(_read(NAMES))

    def __or__(self, other: "Glossary") -> "Glossary":
        """Both; where both have a German term, the left one's English counts."""
        mine = {term.german for term in self}
        return Glossary([*self, *(term for term in other if term.german not in mine)])

    @cached_property
    def digest(self) -> str:
        """Another one means other terms; part of every recipe."""
        lines = sorted(f"{term.german}\t{term.english}" for term in self)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]

    def __iter__(self) -> Iterator[Term]:
        """Every term."""
        for terms in self._terms.values():
            yield from terms

    def terms(self, german: str) -> list[Term]:
        """The terms that a German text has, longest first; none lies within another."""
        keys = {_key(word) for word in _WORD.findall(german)}
        candidates = [term for key in keys for term in self._terms.get(key, ())]
        found = []
        for term in sorted(candidates, key=lambda t: (-len(t.german), t.german)):
            left = term.source.sub(" ", german)
            if left != german:
                found.append(term)
                german = left
        return found


def _read(path: Path) -> Iterator[Term]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise GlossaryError(f"glossary {path}: {reason}") from error
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    sample = "\n".join(islice(lines, 20))
    delimiter = max("\t;,", key=sample.count)
    for number, row in enumerate(csv.reader(lines, delimiter=delimiter), start=1):
        german, english = ([cell.strip() for cell in row] + ["", ""])[:2]
        if not german or not english:
            raise GlossaryError(
                f"glossary {path}: entry {number} has no German and English term ({row})"
            )
        yield Term(german, english)


def _key(text: str) -> str:
    """What the forms of its first word share: the letters that no inflection changes."""
    word = _WORD.search(text)
    return word[0][:3] if word else text


def _inflected(term: str) -> str:
    """A pattern for a German term, each of its words with any ending."""
    words = []
    for word in term.split():
        if len(word) <= _SHORT or not word[-1].isalpha():
            words.append(re.escape(word) + ("s?" if word.isalpha() else ""))
            continue
        stem = re.sub(r"(?:en|e|er|n)$", "", word) if len(word) > _SHORT + 2 else word
        endings = "|".join(map(re.escape, sorted(_ENDINGS, key=len, reverse=True)))
        words.append(f"(?:{re.escape(word)}|{re.escape(stem)})(?:{endings})")
    return r"\s+".join(words)


def _alike(word: str, *names: str) -> bool:
    """Whether `word` is one of the names, spelled another way."""
    return len(word) >= _SHORT and any(
        len(name) >= _SHORT and " " not in name and sound_alike(word, name) for name in names
    )
