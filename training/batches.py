"""Token ids on disk become batches: mixed by weight, bucketed by length, in a repeatable order."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.config import Phase, Schedule, weight_of

END = 0  # the id of </s>


@dataclass(frozen=True)
class Batch:
    """Source and target ids, [rows, time] each, every row ended by </s>, then <pad>."""

    source: Tensor
    target: Tensor


class Pairs:
    """All token ids of a run, as `prepare` wrote them."""

    def __init__(self, folder: Path) -> None:
        with np.load(folder / "pairs.npz") as arrays:
            self.flat = (arrays["source"], arrays["target"])
            self.lengths = arrays["lengths"].astype(np.int64)
            self.files = arrays["files"]
        starts = np.cumsum(self.lengths, axis=0) - self.lengths
        self.starts = (starts[:, 0], starts[:, 1])
        self.corpora = json.loads((folder / "corpora.json").read_text(encoding="utf-8"))
        self.pad = len(json.loads((folder / "vocab.json").read_text(encoding="utf-8"))) - 1

    def __len__(self) -> int:
        return len(self.files)

    def rows(self, indices: NDArray[np.int64], side: int) -> Tensor:
        """The ids of some pairs' source (side 0) or target (1), padded to the longest."""
        lengths = self.lengths[indices, side]
        columns = np.arange(lengths.max() + 1)
        places = np.minimum(self.starts[side][indices, None] + columns, len(self.flat[side]) - 1)
        ids = np.where(columns < lengths[:, None], self.flat[side][places], self.pad)
        ids[columns == lengths[:, None]] = END
        return torch.from_numpy(ids.astype(np.int64))

    def draw(self, phase: Phase, rng: np.random.Generator) -> NDArray[np.int64]:
        """One epoch's pairs: each as often as its weight says, the fraction by chance."""
        weights = np.array([weight_of(phase, c["file"], c["domain"]) for c in self.corpora])
        copies = weights[self.files] * (self.lengths.max(axis=1) <= phase.longest)
        whole = np.floor(copies + rng.random(len(copies))).astype(np.int64)
        return np.repeat(np.arange(len(self)), whole)


def epoch(pairs: Pairs, phase: Phase, plan: Schedule, number: int) -> list[NDArray[np.int64]]:
    """The batches of an epoch as indices of pairs; the same for the same seed and number.

    A batch holds pairs of one bucket of lengths, `batch_tokens` tokens with the padding, so that
    there are no more shapes than buckets. Inside a bucket neighbours in length come together:
    where batches are not padded to the bucket's width, little padding is left.
    """
    rng = np.random.default_rng([plan.seed, number])
    chosen = pairs.draw(phase, rng)
    size = pairs.lengths[chosen].max(axis=1) + 1
    bucket = np.searchsorted(plan.widths, size)
    batches = []
    for index, width in enumerate(plan.widths):
        members = rng.permutation(chosen[bucket == index])
        rows = max(1, plan.batch_tokens // width)
        pools = np.array_split(members, max(1, round(len(members) / (rows * 30))))
        keys = (pairs.lengths[:, 0], pairs.lengths[:, 1])
        ordered = np.concatenate([p[np.lexsort((keys[0][p], keys[1][p]))] for p in pools])
        batches += np.split(ordered, range(rows, len(ordered), rows))
    full = [max(1, plan.batch_tokens // w) for w in plan.widths]
    batches = [b for b in batches if len(b)]
    if plan.compile:  # a batch that is not full would be a shape of its own
        batches = [b for b in batches if len(b) in full]
    return [batches[i] for i in rng.permutation(len(batches))]


def collate(pairs: Pairs, indices: NDArray[np.int64], widths: tuple[int, ...] | None) -> Batch:
    """A batch of these pairs; with `widths`, both sides are padded to one of them."""
    source, target = pairs.rows(indices, 0), pairs.rows(indices, 1)
    if widths:
        longest = max(source.shape[1], target.shape[1])
        width = next(w for w in widths if w >= longest)
        source, target = (
            torch.nn.functional.pad(side, (0, width - side.shape[1]), value=pairs.pad)
            for side in (source, target)
        )
    return Batch(source, target)
