"""English text as sentences, and sentences as stems: what picking and comparing need of it."""

import re
from collections.abc import Iterator
from functools import lru_cache

FUNCTION_WORDS = frozenset(
    """a about above after again against all also am among an and any are around as at be because
    been before being below between both but by can could did do does doing don down during each
    either even ever every few for from further get got had has have having he her here hers
    herself him himself his how however i if in into is isn it its itself just last let like ll
    made make many may me might more most much must my myself near neither no nor not now of off on
    once one only onto or other our ours out over own per re rather said same say says shall she
    should since so some still such than that the their theirs them themselves then there these
    they this those though through to too toward towards two under unless until up upon us ve very
    was wasn we were weren what when where whether which while who whom whose why will with within
    without won would wouldn yet you your yours""".split()
)

# Before a name, so that no sentence ends here.
_TITLES = frozenset(
    """Mr Mrs Ms Dr Prof Sen Sens Rep Reps Gov Gen Lt Col Sgt Cpl Capt Cmdr Adm Maj Rev Hon Pres
    Supt St Mt Ft vs""".split()
)
# May end a sentence; it does where a function word starts the next one.
_ABBREVIATIONS = frozenset(
    """jr sr inc ltd co corp bros dept est etc approx no nos ave blvd jan feb mar apr jun jul aug
    sep sept oct nov dec al""".split()
)
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")  # what stands before the last stop of "U.S."
_END = re.compile(r"(?<![.!?…])([.!?…]++)[\"'”’»)\]]*+(?=\s+[\"'“‘„«(\[]*([A-Z0-9£$€À-Þ]\w*))")
_COMPLETE = re.compile(r"[.!?…][\"'”’»)\]]*$")
_BREAK = re.compile(r"\n\s*+")
_TOKEN = re.compile(r"(?:[^\W\d_]\.){2,}|\d+(?:[.,]\d+)*|[^\W\d_]+")
_ENDING = re.compile(r"(?:ies|ing|ed|es|ly|[sey])$")


def sentences(text: str) -> list[str]:
    """The sentences of an English text, each as one line."""
    return [" ".join(text[start:end].split()) for start, end in spans(text)]


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Where each sentence of an English text starts and ends, without white space around it.

    A paragraph ends a sentence, with or without a full stop; a line does unless it was wrapped.
    """
    start = 0
    for stop in [*_paragraph_ends(text), len(text)]:
        for end in [*_sentence_ends(text, start, stop), stop]:
            inner = text[start:end].strip()
            if inner:
                first = text.index(inner, start)
                yield first, first + len(inner)
            start = end


def is_complete(sentence: str) -> bool:
    """Whether it ends as a sentence does: with a stop that is not an abbreviation's."""
    match = _COMPLETE.search(sentence)
    return match is not None and _word_before(sentence, match.start()) not in _TITLES


def words(text: str) -> int:
    """How many words a reader would count."""
    return len(text.split())


def tokens(sentence: str) -> list[str]:
    """Words and numbers, in the sentence's own letters: "U.S.", "1,500", "Obama", "s"."""
    return _TOKEN.findall(sentence)


@lru_cache(maxsize=1 << 16)
def stem(token: str) -> str:
    """What a token shares with its inflections and derivations: Ukraine, Ukrainian → ukrain.

    Cut to six letters, which keeps more related words together than it confuses.
    """
    token = token.casefold()
    if len(token) > 3 and token[-1].isalpha():
        token = _ENDING.sub("", token)
    return token if token[0].isdigit() else token[:6]


def is_function(token: str) -> bool:
    """Whether it is grammar rather than content: a function word (not "US") or a single letter."""
    if len(token) == 1:
        return token.isalpha()
    return token.casefold() in FUNCTION_WORDS and not token.isupper()


def content(sentence: str) -> list[str]:
    """The stems of a sentence without its function words, in order."""
    return [stem(token) for token in tokens(sentence) if not is_function(token)]


def _paragraph_ends(text: str) -> Iterator[int]:
    width = max(map(len, text.splitlines()), default=0)
    line = 0
    for match in _BREAK.finditer(text):
        # Lines of at most 100 characters, this one nearly full: it was wrapped, not ended.
        is_wrapped = width <= 100 and match.start() - line > 0.75 * width
        if match[0].count("\n") > 1 or not is_wrapped:
            yield match.start()
        line = match.end()


def _sentence_ends(text: str, start: int, stop: int) -> Iterator[int]:
    for match in _END.finditer(text, start, stop):
        word = _word_before(text, match.start(), start) if match[1] == "." else ""
        is_short = word.casefold() in _ABBREVIATIONS or _INITIALS.fullmatch(word)
        if word not in _TITLES and (not is_short or match[2].casefold() in FUNCTION_WORDS):
            yield match.end()


def _word_before(text: str, position: int, start: int = 0) -> str:
    before = text[max(start, position - 20) : position].split()
    return before[-1].lstrip("\"'“‘„«([") if before else ""
