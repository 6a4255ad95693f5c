"""Where German sentences end: boundary F1, hard items, other text and speed.

Run with `python -m bench.segmentation [SHARED]`, SHARED being the folder of shared texts.
"""

import json
import re
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from translate.document import Document
from translate.segment import spans

SHARED = Path(__file__).parents[1].parent / "shared"
# Looked at neither for the rules nor for the lists of words.
OTHER = ("train/ud_pud", "train/newstest2016", "train/newstest2017")
GROUP = 8  # sentences joined to one text

_SENTENCE = re.compile(r"""[\W\d]*[A-ZÄÖÜ].*[.!?…]["'“”‘’»«)]*""")


@dataclass(frozen=True)
class Score:
    """Boundaries inside joined texts: found and true, found only, true only."""

    right: int
    invented: int
    missed: int

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.right / (2 * self.right + self.invented + self.missed)


def score(texts: Iterable[Sequence[str]]) -> Score:
    """Join the sentences of each text by a space, split it again and compare the boundaries."""
    right = invented = missed = 0
    for sentences in texts:
        joined = " ".join(sentences)
        true = {end - 1 for end in accumulate(len(sentence) + 1 for sentence in sentences)}
        found = {end for _, end in spans(joined)}
        true, found = true - {len(joined)}, found - {len(joined)}
        right += len(true & found)
        invented += len(found - true)
        missed += len(true - found)
    return Score(right, invented, missed)


def news(shared: Path = SHARED) -> list[list[str]]:
    """News, 8 sentences a text."""
    texts: list[list[str]] = json.loads(
        (shared / "segmentation/news.json").read_text(encoding="utf-8")
    )
    return texts


def hard_items(shared: Path = SHARED) -> list[tuple[list[str], list[str]]]:
    """The hard items as they should be and as they are split."""
    items = json.loads((shared / "segmentation/hard.json").read_text(encoding="utf-8"))
    return [(item, _split(" ".join(item))) for item in items]


def other(name: str, shared: Path = SHARED) -> list[list[str]]:
    """Neighbouring lines of a corpus that look like one sentence each, at most `GROUP` a text."""
    texts: list[list[str]] = [[]]
    for line in (shared / f"corpus/{name}.de").read_text(encoding="utf-8").splitlines():
        if not _SENTENCE.fullmatch(line.strip()):
            texts.append([])
            continue
        if len(texts[-1]) == GROUP:
            texts.append([])
        texts[-1].append(" ".join(line.split()))
    return [text for text in texts if len(text) > 1]


def _split(text: str) -> list[str]:
    return [text[start:end] for start, end in spans(text)]


def main(shared: Path) -> None:
    """Print every figure."""
    print(f"news    F1 {score(news(shared)).f1:.4f}")
    items = hard_items(shared)
    print(f"hard    {sum(true == found for true, found in items)} of {len(items)}")
    for true, found in items:
        if true != found:
            print(f"        {' | '.join(found)}")
    for name in OTHER:
        result = score(other(name, shared))
        print(
            f"{name:20} F1 {result.f1:.4f} ({result.right} right,"
            f" {result.invented} invented, {result.missed} missed)"
        )
    text = "\n\n".join(" ".join(sentences) for sentences in news(shared)) * 5
    for what, parse in (("sentences", _split), ("documents", Document.parse)):
        begin = time.perf_counter()
        parse(text)
        print(f"{what:20} {len(text.encode()) / 1e6 / (time.perf_counter() - begin):.1f} MB/s")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED)
