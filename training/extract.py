"""Learns the weights of the bundled summarizer: `python -m training.extract SUMMARIES...`.

An example is an article and a person's brief of it. A word, or a pair of neighbouring words, of the
article is a hit if the brief has it too; logistic regression tells from its features how likely
that is.
"""

import argparse
import json
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from summarize import english
from summarize.extract import PAIR_FEATURES, WORD_FEATURES, Article, Floats, Weights, read

WEIGHTS = Path(__file__).parents[1] / "summarize" / "extract.json"
PRIOR = 1.0  # precision of the Gaussian prior on the weight of a feature of variance 1
STEPS = 8  # of Newton's method, twice as many as it needs


@dataclass(frozen=True)
class Example:
    """An article and a brief of it, as text and as terms."""

    text: str
    brief: str
    article: Article
    terms: frozenset[Hashable]


def examples(path: Path) -> list[Example]:
    """Those of a file with an object a line: `article` is a text, `summary` a brief of it."""
    articles: dict[str, Article] = {}  # some have several briefs
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        text, brief = entry["article"], entry["summary"]
        if text not in articles:
            articles[text] = Article(english.sentences(text))
        found.append(Example(text, brief, articles[text], frozenset(_terms(brief))))
    return found


def learn(given: Sequence[Example]) -> Weights:
    """The weights that make the briefs of the examples likeliest."""
    features = [example.article.word_features() for example in given]
    hits = [term in example.terms for example in given for term in example.article.words.index]
    words = _regression(np.concatenate(features), np.array(hits))
    features = [
        example.article.pair_features(_logistic(of_words @ words))
        for example, of_words in zip(given, features, strict=True)
    ]
    hits = [term in example.terms for example in given for term in example.article.pairs.index]
    return Weights(words, _regression(np.concatenate(features), np.array(hits)))


def without_own_article(given: Sequence[Example], folds: int = 10) -> Iterator[Weights]:
    """For each example the weights learned from the folds that its article is not in."""
    numbers: dict[str, int] = {}
    fold = [numbers.setdefault(example.text, len(numbers)) % folds for example in given]
    learned = [
        learn([example for example, own in zip(given, fold, strict=True) if own != held_out])
        for held_out in range(folds)
    ]
    return (learned[own] for own in fold)


def _terms(text: str) -> Iterator[Hashable]:
    for sentence in english.sentences(text):
        row = read(sentence)
        yield from (token.stem for token in row if not token.is_function)
        yield from ((a.stem, b.stem) for a, b in pairwise(row))


def _regression(features: Floats, hits: Floats) -> Floats:
    """Weights of a logistic regression; the first feature is constant."""
    mean, scale = features.mean(axis=0), features.std(axis=0)
    mean[0], scale[0] = 0, 1
    scaled = (features - mean) / scale
    weights = np.zeros(features.shape[1])
    for _ in range(STEPS):
        expected = _logistic(scaled @ weights)
        slope = scaled.T @ (expected - hits) + PRIOR * weights
        curvature = (scaled.T * (expected * (1 - expected))) @ scaled + PRIOR * np.eye(len(weights))
        weights -= np.linalg.solve(curvature, slope)
    weights /= scale
    weights[0] -= weights @ mean
    return weights


def _logistic(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-x)))


def main() -> None:
    """Learn from files of examples and write the weights into the package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="SUMMARIES")
    weights = learn([example for path in parser.parse_args().files for example in examples(path)])
    named = {
        "words": dict(zip(WORD_FEATURES, weights.words.round(4).tolist(), strict=True)),
        "pairs": dict(zip(PAIR_FEATURES, weights.pairs.round(4).tolist(), strict=True)),
    }
    temporary = WEIGHTS.with_suffix(".tmp")
    temporary.write_text(json.dumps(named, indent=2) + "\n", encoding="utf-8")
    temporary.replace(WEIGHTS)


if __name__ == "__main__":
    main()
