"""The same story from several publishers: pairwise precision, recall and F1, and speed.

Run with `python -m bench.stories [SHARED]`, SHARED being the folder of shared texts.
"""

import json
import math
import sys
import time
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from depesche.stories import Story, group

SHARED = Path(__file__).parents[1].parent / "shared"
SETS = ("ecbplus-dev", "duc2004-dev")
MANY = 5000  # stories of a full day
LEAD = 60  # words
THRESHOLDS = [step / 50 for step in range(4, 25)]


@dataclass(frozen=True)
class Score:
    """Pairs of stories put together rightly, wrongly, and missed."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """The part of the pairs found that are one story."""
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """The part of the pairs that are one story that was found."""
        return self.right / max(1, self.right + self.missed)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.right / max(1, 2 * self.right + self.wrong + self.missed)

    def __str__(self) -> str:
        return f"P {self.precision:.3f}  R {self.recall:.3f}  F1 {self.f1:.3f}"


def score(groups: Iterable[Sequence[int]], labels: Sequence[Hashable]) -> Score:
    """Compare groups of indices with the labels of the indices, pair by pair."""
    found = list(groups)
    mixed = Counter((number, labels[index]) for number, one in enumerate(found) for index in one)
    right = _pairs(mixed.values())
    return Score(right, _pairs(map(len, found)) - right, _pairs(Counter(labels).values()) - right)


def labelled(name: str, shared: Path = SHARED) -> tuple[list[Story], list[str]]:
    """The stories of a set and which event each is about."""
    lines = (shared / f"grouping/{name}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [Story(row["title"], row["text"]) for row in rows], [row["cluster"] for row in rows]


def single_links(stories: Sequence[Story], labels: Sequence[str]) -> dict[float, Score]:
    """TF-IDF cosine with single links, by its threshold."""
    vectors = _tf_idf([f"{story.title} {story.text}".lower().split() for story in stories])
    cosines = {
        (first, second): sum(value * b[term] for term, value in a.items() if term in b)
        for (first, a), (second, b) in combinations(enumerate(vectors), 2)
    }
    scores = {}
    for least in THRESHOLDS:
        linked = (pair for pair, cosine in cosines.items() if cosine >= least)
        scores[least] = score(_components(len(stories), linked), labels)
    return scores


def lead(story: Story) -> Story:
    """The story with no more than the start of its text."""
    return Story(story.title, " ".join(story.text.split()[:LEAD]))


def _tf_idf(texts: Sequence[Sequence[str]]) -> list[dict[str, float]]:
    having = Counter(word for words in texts for word in set(words))
    vectors = []
    for words in texts:
        vector = {
            word: (1 + math.log(count)) * math.log(len(texts) / having[word])
            for word, count in Counter(words).items()
        }
        length = math.hypot(*vector.values())
        vectors.append({word: value / length for word, value in vector.items()})
    return vectors


def _components(count: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    groups = [[index] for index in range(count)]
    for first, second in pairs:
        one, other = groups[first], groups[second]
        if one is not other:
            one += other
            for index in other:
                groups[index] = one
    return list({id(members): members for members in groups}.values())


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def main(shared: Path) -> None:
    """Print every figure."""
    sets = [labelled(name, shared) for name in SETS]
    for name, (stories, labels) in zip(SETS, sets, strict=True):
        print(f"{name:14} depesche                      {score(group(stories), labels)}")
    for what, shorten in (("text", lambda story: story), ("lead", lead)):
        tables = [single_links([*map(shorten, stories)], labels) for stories, labels in sets]
        shared_best = max(THRESHOLDS, key=lambda least: sum(table[least].f1 for table in tables))
        for name, table in zip(SETS, tables, strict=True):
            best = max(THRESHOLDS, key=lambda least: table[least].f1)
            for kind, least in (("best", best), ("both", shared_best)):
                print(f"{name:14} single links, {what}, {kind} {least:.2f}  {table[least]}")
    pool = [story for stories, _ in sets for story in stories]
    many = [_copy(pool[index % len(pool)], index // len(pool)) for index in range(MANY)]
    begin = time.perf_counter()
    group(many)
    print(f"{MANY / (time.perf_counter() - begin):.0f} stories/s of {MANY}")


def _copy(story: Story, number: int) -> Story:
    """The story in other words: the same lengths and frequencies, another event."""
    letter = f"e{chr(ord('a') + number)}"
    return Story(story.title.replace("e", letter), story.text.replace("e", letter))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED)
