"""A summarizer without a model: it picks the sentences that carry the article.

Which words and word pairs of the article would an editor's brief repeat? Their probabilities are
estimated from a few features (how often, how early, a name, a number), after Hong and Nenkova,
"Improving the Estimation of Word Importance for News Multi-Document Summarization" (EACL 2014).
The brief is the set of sentences, about as long as asked, that holds most of them; what it holds
twice counts once. The set is found by the knapsack search of McDonald, "A Study of Global Inference
Algorithms in Multi-Document Summarization" (ECIR 2007).
"""

import hashlib
import json
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from summarize import english
from summarize.boilerplate import is_furniture
from summarize.line import Line
from summarize.summarizer import DEFAULT_WORDS, SLACK, whole

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Term = TypeVar("Term", bound=Hashable)

WORD_FEATURES = ("constant", "count", "depth", "name", "number", "length")
PAIR_FEATURES = ("constant", "count", "depth", "left", "right", "no left", "no right")

POOL = 4  # the search weighs up the best sentences, this many times the brief's length in all
BLOCK = 4000  # of a text with more sentences, the best of each so many become the article
STEPS = 100  # and counts lengths in hundredths of the brief's, or in words where these are longer
LEANING = 0.5  # what a sentence keeps of its worth without the one before it that it leans on

# "But he said so." is half a thought, and a quotation wants its speaker.
_LEANS = frozenset(
    """and but so yet or he she it they this that these those his her its their there then here
    meanwhile however also such what why how""".split()
)


@dataclass(frozen=True)
class Weights:
    """Of a word's features and of a pair's, in the order of their names."""

    words: Floats  # (word features,)
    pairs: Floats  # (pair features,)

    @property
    def revision(self) -> str:
        """Tells these weights from others."""
        numbers = json.dumps([self.words.tolist(), self.pairs.tolist()])
        return hashlib.sha256(numbers.encode()).hexdigest()[:12]


def bundled_weights() -> Weights:
    """What `python -m training.extract` learned."""
    file = resources.files("summarize") / "extract.json"
    found = json.loads(file.read_text(encoding="utf-8"))
    return Weights(
        np.array([found["words"][name] for name in WORD_FEATURES]),
        np.array([found["pairs"][name] for name in PAIR_FEATURES]),
    )


class Extract:
    """Picks sentences; deterministic, a few milliseconds an article."""

    def __init__(self, weights: Weights | None = None) -> None:
        """Without weights the bundled ones are used."""
        self._weights = weights or bundled_weights()

    @property
    def recipe(self) -> dict[str, Any]:
        """How lines are made, as plain JSON."""
        return {"model": "extract", "revision": self._weights.revision}

    def summarize_all(
        self, articles: Iterable[Sequence[str]], words: int = DEFAULT_WORDS
    ) -> Iterator[list[Line]]:
        """A brief for each article, in order, one article at a time."""
        return (self.summarize(sentences, words) for sentences in articles)

    def summarize(self, sentences: Sequence[str], words: int = DEFAULT_WORDS) -> list[Line]:
        """Whole sentences of the article, in its order, `words` long within a fifth.

        Where no set of sentences is, the one nearest to it; one sentence where all are longer.
        """
        lines = whole(sentences, words)
        if lines is None:
            picked = self._picked(sentences, words)
            lines = [Line(" ".join(sentences[i].split()), (i,)) for i in picked]
        return lines

    def _picked(self, sentences: Sequence[str], words: int) -> list[int]:
        if len(sentences) > BLOCK:
            kept = [
                start + i
                for start in range(0, len(sentences), BLOCK)
                for i in self._picked(sentences[start : start + BLOCK], POOL * words)
            ]
            if len(kept) < len(sentences):
                return [kept[i] for i in self._picked([sentences[i] for i in kept], words)]
        article = Article(sentences)
        return _pick(article, article.values(self._weights), words)


class Article:
    """An article as words and pairs of neighbouring words, and their features."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self.sentences = [" ".join(sentence.split()) for sentence in sentences]
        self.lengths = [english.words(sentence) for sentence in self.sentences]
        rows = [read(sentence) for sentence in self.sentences]
        self.words = _Terms([[t.stem for t in row if not t.is_function] for row in rows])
        self.pairs = _Terms([[(a.stem, b.stem) for a, b in pairwise(row)] for row in rows])
        self._names = Counter(stem for row in rows for stem in {t.stem for t in row if t.is_name})

    def word_features(self) -> Floats:
        """(words, WORD_FEATURES)."""
        words = self.words
        names = np.array([self._names[word] for word in words.index]) / words.counts
        numbers = [str(word)[0].isdigit() for word in words.index]
        length = np.full(len(words.index), np.log(len(self.sentences)))
        return np.column_stack([words.features(), names, numbers, length])

    def pair_features(self, probabilities: Floats) -> Floats:
        """(pairs, PAIR_FEATURES), from the probabilities of the words."""
        logs = np.append(np.log(probabilities + 0.01), 0.0)  # the last is a function word's
        known = self.words.index
        sides = np.array([[known.get(a, -1), known.get(b, -1)] for a, b in self.pairs.index])
        sides = sides.reshape(-1, 2).astype(np.intp)
        return np.column_stack([self.pairs.features(), logs[sides], sides < 0])

    def values(self, weights: Weights) -> Floats:
        """(words + pairs,): the probability that an editor's brief has the term."""
        words = _logistic(self.word_features() @ weights.words)
        return np.append(words, _logistic(self.pair_features(words) @ weights.pairs))

    def within(self, sentence: int) -> Indices:
        """The terms of a sentence, as indices into `values`."""
        offset = len(self.words.index)
        return np.append(self.words.within[sentence], self.pairs.within[sentence] + offset)


class Token(NamedTuple):
    """A word of a sentence."""

    stem: str
    is_function: bool
    is_name: bool  # capitalised, and not because it comes first


def read(sentence: str) -> list[Token]:
    """The words of a sentence; a function word is its own stem."""
    found = []
    for i, token in enumerate(english.tokens(sentence)):
        is_function = english.is_function(token)
        stem = token.casefold() if is_function else english.stem(token)
        found.append(Token(stem, is_function, i > 0 and token[0].isupper()))
    return found


class _Terms(Generic[Term]):
    """The distinct words or pairs of an article, in the order in which they appear."""

    def __init__(self, rows: Sequence[Sequence[Term]]) -> None:
        first: dict[Term, int] = {}
        for i, row in enumerate(rows):
            for term in row:
                first.setdefault(term, i)
        counts = Counter(term for row in rows for term in set(row))
        self.index = {term: i for i, term in enumerate(first)}
        self.within = [
            np.array(sorted({self.index[t] for t in row}), dtype=np.intp) for row in rows
        ]
        self.first = np.array(list(first.values()), dtype=np.intp)
        self.counts = np.array([counts[term] for term in first], dtype=np.float64)

    def features(self) -> Floats:
        """(terms, 3): those that words and pairs share."""
        constant = np.ones(len(self.index))
        return np.column_stack([constant, np.log(self.counts), np.log1p(self.first)])


def _pick(article: Article, values: Floats, words: int) -> list[int]:
    """The sentences of the brief, in the article's order."""
    lengths = article.lengths

    def density(i: int) -> float:  # as if three words longer, or fragments would be the densest
        return float(values[article.within(i)].sum()) / (lengths[i] + 3)

    best = sorted(range(len(lengths)), key=density, reverse=True)
    fitting = [i for i in best if 0 < lengths[i] <= (1 + SLACK) * words]
    if not fitting:
        return best[:1]
    statements = (i for i in fitting if _is_statement(article.sentences[i]))
    pool = _up_to(POOL * words, statements, lengths) or _up_to(POOL * words, fitting, lengths)
    return _search(article, values, sorted(pool), words)


def _up_to(words: int, sentences: Iterable[int], lengths: Sequence[int]) -> list[int]:
    """The first sentences, until they have so many words together."""
    taken: list[int] = []
    total = 0
    for i in sentences:
        if total >= words:
            break
        taken.append(i)
        total += lengths[i]
    return taken


def _is_statement(sentence: str) -> bool:
    is_question = sentence.rstrip("\"'”’)").endswith("?")
    return english.is_complete(sentence) and not is_question and not is_furniture(sentence)


def _leans(sentence: str) -> bool:
    """Whether it reads badly without the sentence before it."""
    first = next(iter(english.tokens(sentence)), "").casefold()
    return first in _LEANS or sentence[0] in "\"'“‘„«"


def _search(article: Article, values: Floats, pool: list[int], words: int) -> list[int]:
    """The set of sentences of `pool` that holds most for its length, by a knapsack search."""
    unit = max(1, words // STEPS)
    steps = int((1 + SLACK) * words) // unit + 1
    best = np.full(steps, -np.inf)  # what the best set of each length is worth
    best[0] = 0
    held = np.zeros((steps, len(values)), dtype=bool)  # and the terms that it holds
    chosen = np.zeros((steps, len(pool)), dtype=bool)  # and its sentences
    for column, i in enumerate(pool):
        length = max(1, article.lengths[i] // unit)
        terms = article.within(i)
        gains = ~held[:-length, terms] @ values[terms]
        if _leans(article.sentences[i]):
            is_led = column > 0 and pool[column - 1] == i - 1
            gains = np.where(chosen[:-length, column - 1] & is_led, gains, LEANING * gains)
        found = best[:-length] + gains
        better = np.flatnonzero(found > best[length:])
        best[better + length] = found[better]
        held[better + length] = held[better]
        held[np.ix_(better + length, terms)] = True
        chosen[better + length] = chosen[better]
        chosen[better + length, column] = True
    lengths = unit * np.arange(steps)
    is_long_enough = np.isfinite(best) & (lengths >= (1 - SLACK) * words)
    if is_long_enough.any():
        end = int(np.argmax(np.where(is_long_enough, best / (lengths + words), -np.inf)))
    else:
        end = int(np.flatnonzero(np.isfinite(best))[-1])
    return [pool[column] for column in np.flatnonzero(chosen[end])]


def _logistic(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-x)))
