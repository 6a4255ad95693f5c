"""Which passages of an article a line comes from."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from summarize import english

MOST = 3  # passages of a line
TERMS, SHARE = 2, 0.15  # what each but the first has to add: terms, and of the line's weight
PAIR = 0.5  # of a word's weight, for the words of a pair count by themselves, too


class Passages:
    """The sentences of an article, looked up by what a line says.

    Lines and sentences are compared by the stems of their names, numbers and content words and by
    the pairs of these that stand together. What few sentences hold weighs more: the logarithm of
    their inverse share (Spärck Jones, 1972).
    """

    def __init__(self, sentences: Sequence[str]) -> None:
        texts = [" ".join(sentence.split()) for sentence in sentences]
        self._index = {text: i for i, text in reversed(list(enumerate(texts)))}
        terms = [set(_terms(text)) for text in texts]
        held = Counter(term for found in terms for term in found)
        self._weights = {
            term: (PAIR if " " in term else 1) * math.log(1 + len(terms) / n)
            for term, n in held.items()
        }
        self._sizes = [len(found) for found in terms]
        self._holders: defaultdict[str, list[int]] = defaultdict(list)
        for i, found in enumerate(terms):
            for term in found:
                self._holders[term].append(i)

    def closest(self, line: str) -> tuple[int, ...]:
        """Indices of the sentences closest to a line, best first.

        One; two or three where each adds something of its own to what the others say. None where
        no sentence shares a content word with the line.
        """
        if line in self._index:
            return (self._index[line],)
        missing = {term for term in _terms(line) if term in self._weights}
        least = SHARE * sum(self._weights[term] for term in missing)
        found: list[int] = []
        while missing and len(found) < MOST:
            shared: defaultdict[int, list[str]] = defaultdict(list)
            for term in missing:
                for i in self._holders[term]:
                    shared[i].append(term)
            gain = {i: sum(self._weights[t] for t in sorted(ts)) for i, ts in shared.items()}
            best = min(gain, key=lambda i: (-gain[i], self._sizes[i], i))
            if found and (gain[best] < least or len(shared[best]) < TERMS):
                break
            found.append(best)
            missing.difference_update(shared[best])
        return tuple(found)


def _terms(text: str) -> Iterator[str]:
    stems = english.content(text)
    yield from stems
    yield from (f"{a} {b}" for a, b in pairwise(stems))
