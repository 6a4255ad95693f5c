"""Headlines in capitals: translated as sentences, then put back into capitals.

Models have hardly seen "KANZLER REIST NACH PARIS" and spell it out or drop it; "Kanzler reist nach
Paris" they know.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

_WORD = re.compile(r"[^\W\d_]+")
# Words that German writes small, as far as headlines use them; others are most likely nouns.
_SMALL = frozenset(
    """
    ab als am an auch auf aus bei beim bis da das dass dem den der des die doch durch ein eine einem
    einen einer eines er es für gegen hat haben hinter ich ihr ihre im in ins ist kein keine mehr
    mit muss müssen nach nicht noch nun nur ob oder ohne schon sein seine seit sich sie sind so soll
    sollen statt über um und unter vom von vor war was wegen weil wenn wer werden wie wieder will
    wir wird wo wollen zu zum zur zwischen darf dürfen kann können jetzt sehr viel viele neue neuer
    neues neuen alle aller
    """.split()
)


def is_capitals(text: str) -> bool:
    """Whether `text` is written in capitals, and is more than abbreviations ("CDU, CSU, SPD")."""
    words = _WORD.findall(text)
    return any(len(word) > 4 for word in words) and not any(
        character.islower() and character != "ß" for word in words for character in word
    )


def spellings(texts: Iterable[str]) -> dict[str, str]:
    """How the words of a document are mostly spelled inside its sentences, by their capitals."""
    seen: dict[str, Counter[str]] = {}
    for text in texts:
        if not is_capitals(text):
            for word in _WORD.findall(text)[1:]:
                seen.setdefault(word.upper(), Counter())[word] += 1
    return {capitals: counts.most_common(1)[0][0] for capitals, counts in seen.items()}


def as_sentence(text: str, known: Mapping[str, str]) -> str:
    """`text` in ordinary spelling: as `known` has a word, else small or as a noun."""

    def spelled(match: re.Match[str]) -> str:
        word = match[0]
        if word.upper() in known:
            return known[word.upper()]
        return word.lower() if word.lower() in _SMALL else word.capitalize()

    small = _WORD.sub(spelled, text)
    return small[:1].upper() + small[1:]
