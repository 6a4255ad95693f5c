"""What a model wrote, as sentences that can stand in a brief."""

import re

from summarize import english
from summarize.boilerplate import is_invented

LONGEST_LOOP = 30  # words
SHORTEST_RUN = 4  # repeated words: "no, no, no" is no loop yet

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
        content = frozenset(english.content(sentence))
        if content and not is_invented(sentence, source):
            said.setdefault(content, sentence)
    return list(said.values())


def _loops(text: str) -> bool:
    """Whether some words come three times in a row."""
    words = [token.casefold() for token in english.tokens(text)]
    for period in range(1, LONGEST_LOOP + 1):
        run = 0
        for word, later in zip(words, words[period:], strict=False):
            run = run + 1 if word == later else 0
            if run >= max(2 * period, SHORTEST_RUN):
                return True
    return False
