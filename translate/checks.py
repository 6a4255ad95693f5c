"""What is visibly wrong with the translation of one sentence."""

import re
from itertools import pairwise
from typing import Literal, NamedTuple

from translate.names import lost_names
from translate.numbers import changed_numbers

Kind = Literal[
    "empty", "loop", "unfinished", "length", "untranslated", "number", "lost", "name", "term"
]


class Finding(NamedTuple):
    """Something wrong with a translation; `detail` is what a reader should look at."""

    kind: Kind
    detail: str


def check(source: str, target: str) -> list[Finding]:
    """What is wrong with an English translation of a German sentence; takes linear time.

    Made to be right when it speaks, not to find everything: a sentence without findings may still
    be wrong, but of good translations fewer than one in fifty have a finding.
    """
    if not re.search(r"\w", source):
        return []
    if not re.search(r"\w", target):
        return [Finding("empty", target or "no translation")]
    findings = []
    if _SIGNS.search(source) or _SIGNS.search(target):
        lost = [span for span in dict.fromkeys(protected(source)) if span not in target]
        findings += [Finding("lost", span) for span in lost]
        source, target = PROTECTED.sub(" ", source), PROTECTED.sub(" ", target)
    if phrase := _loop(source, target):
        findings.append(Finding("loop", phrase))
    if lengths := _length(source, target):
        findings.append(Finding("length", lengths))
    if words := _untranslated(source, target):
        findings.append(Finding("untranslated", words))
    findings += [Finding("number", str(change)) for change in changed_numbers(source, target)]
    findings += [Finding("name", name) for name in lost_names(source, target)]
    return findings


# --- what must survive --------------------------------------------------------------------------

PROTECTED = re.compile(
    r"""(?:https?|ftp)://[^\s<>"„“”]*[^\s<>"„“”.,;:!?)\]'’»]   # URL
    | \bwww\.[^\s<>"„“”]*[^\s<>"„“”.,;:!?)\]'’»]
    | (?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+                 # e-mail address
    | (?<![\w@])@\w+ | (?<![\w&#])\#(?=\d*[^\W\d])\w+          # @handle, #hashtag
    | \{\{[^{}]*\}\} | \$?\{[\w.]*\} | \$[A-Z_]{2}\w*          # {{x}}, {name}, ${VAR}, $VAR
    | %\(\w+\)[sdf] | (?<![\w\d])%[sd]\b | %[A-Z_]{2}\w*%      # %(name)s, %s, %VAR%
    | </?[a-z][^<>]*> | &(?:[a-z]+|\#\d+);                     # <tag>, &entity;
    """,
    re.VERBOSE,
)
_SIGNS = re.compile(r"[@#{$%<&]|://|www\.")  # at least one is in all of these


def protected(text: str) -> list[str]:
    """The URLs, addresses, handles, hashtags and placeholders that a translation must keep."""
    return PROTECTED.findall(text)


# --- loops --------------------------------------------------------------------------------------

_TIMES = 4  # said as often running is a loop
_STAMMER = re.compile(r"([^\W\d_]{1,6}?)\1{4,}")  # within a word: "hahahahaha"


def _loop(source: str, target: str) -> str:
    """A phrase of up to eight words that is said four times running, but not in the source."""
    words, own = target.lower().split(), source.lower().split()
    for size in range(1, 9) if len(words) - len(set(words)) >= _TIMES - 1 else ():
        times, phrase = _longest_run(words, size)
        if times >= _TIMES and times > _longest_run(own, size)[0]:
            return f"{phrase} ({times}×)"
    stammer = _STAMMER.search(target)
    if stammer and not _STAMMER.search(source):
        return stammer[0][:40]
    return ""


def _longest_run(words: list[str], size: int) -> tuple[int, str]:
    """How often a phrase of `size` words is said in a row at most, and the phrase."""
    longest = run = end = 0
    for i in range(size, len(words)):
        run = run + 1 if words[i] == words[i - size] else 0
        if run > longest:
            longest, end = run, i + 1
    return 1 + longest // size, " ".join(words[end - size : end])


# --- length -------------------------------------------------------------------------------------


def _length(source: str, target: str) -> str:
    """Too short or too long: beyond what one human translation in some hundreds is.

    English has about nine tenths of the characters of its German, and the spread of the difference
    grows with the square root of the length (fitted to newstest2008 to newstest2017).
    """
    expected, spread = 0.9 * len(source), len(source) ** 0.5
    if len(target) < expected - 4 * spread:
        return f"{len(target)} characters for {len(source)}: too short"
    if len(target) > max(expected + 5.5 * spread, 40):
        return f"{len(target)} characters for {len(source)}: too long"
    return ""


# --- untranslated -------------------------------------------------------------------------------

_WORD = re.compile(r"[^\W\d_]+")
_QUOTED = re.compile(r"[\"„“«][^\"„“”«»]{1,300}[\"“”»]")
# Words which are not in names ("Neustadt an der Weinstraße") and not English ("was", "die", "man").
_GERMAN = frozenset(
    """aber alle als auch auf aus das dass daß dem doch durch ein eine einem einen einer eines es
    für gegen haben hatte ich ihr ihre im ist jetzt kann kein keine mehr mit nach nicht noch nur
    oder ohne schon sehr sein seine seit sich sie sind sowie um und unter viele vom vor wegen wenn
    werden wie wieder wird wir wurde wurden zum zur zwischen über""".split()
)
_INFLECTED = re.compile(r".{2,}(?:en|ern|eln|em|ter|tes|te|lich|liche|ig|ige|iger|isch|ische)")
_UMLAUT = re.compile("[äöüß]")
_SHARED = frozenset("in so an was all also am man will war die der ob of the and for".split())


def _untranslated(source: str, target: str) -> str:
    """German left in the English, but for quotations and names."""
    words, own = _WORD.findall(_QUOTED.sub(" ", target)), _WORD.findall(source)
    if words == own and len(words) > 2:
        copied = any(w.islower() and len(w) > 2 and w not in _SHARED for w in words)
        return target if copied else ""
    foreign = {w for w in words if _UMLAUT.search(w) and w.islower()} & set(own) - _GERMAN
    if foreign:
        return " ".join(sorted(foreign))
    if sum(map(_is_german, words)) < 2:
        return ""
    pairs = set(pairwise(own))
    run = words[:1]
    for before, word in pairwise(words):
        run = [*run, word] if (before, word) in pairs else [word]
        if sum(map(_is_german, run)) >= 2:
            return " ".join(run)
    return ""


def _is_german(word: str) -> bool:
    """Whether a word is German by its look: a function word, or one in lower case so inflected."""
    return word in _GERMAN or (word.islower() and bool(_INFLECTED.fullmatch(word)))
