"""What a model wrote, as sentences that can stand in a brief."""

import re
from collections import Counter

from summarize import english
from summarize.boilerplate import is_invented

LOOP = 4  # words in a row; three times in a brief they are a loop

_SPACE_BEFORE_STOP = re.compile(r"[^\S\n]+(?=[.,;:!?][\"'”’)]*(?:\s|$))")


def polished(text: str, source: str) -> list[str]:
    """The sentences of a model's text, without what does not belong in a brief.

    A last sentence that breaks off goes, as do sentences said before and page furniture that the
    source does not have. None is left of a text that runs in circles.
    """
    tidy = _SPACE_BEFORE_STOP.sub("", text).replace("\n", "\n\n")
    if _loops(tidy):
        return []
    sentences = english.sentences(tidy)
    if sentences and not english.is_complete(sentences[-1]):
        sentences.pop()
    said: dict[frozenset[str], str] = {}
    for sentence in sentences:
        if not is_invented(sentence, source):
            said.setdefault(frozenset(english.content(sentence)), sentence)
    return list(said.values())


def _loops(text: str) -> bool:
    words = [token.casefold() for token in english.tokens(text)]
    runs = Counter(tuple(words[i : i + LOOP]) for i in range(len(words) - LOOP + 1))
    return max(runs.values(), default=0) >= 3
