"""Token ids on disk become batches: mixed by weight, bucketed by length, in a repeatable order."""

import itertools
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.config import Phase, Schedule, weight_of

END = 0  # the id of </s>
Ids = tuple[NDArray[np.uint16], NDArray[np.uint16]]  # of all sources and all targets, end to end


@dataclass(frozen=True)
class Batch:
    """Source and target ids, [rows, time] each, every row ended by </s>, then <pad>."""

    source: Tensor
    target: Tensor


class Pairs:
    """All token ids of a run, as `prepare` wrote them."""

    def __init__(self, folder: Path) -> None:
        with np.load(folder / "pairs.npz") as arrays:
            self.files = arrays["files"]
            self.set_ids((arrays["source"], arrays["target"]), arrays["lengths"])
        self.corpora = json.loads((folder / "corpora.json").read_text(encoding="utf-8"))
        self.pad = len(json.loads((folder / "vocab.json").read_text(encoding="utf-8"))) - 1

    def set_ids(self, flat: Ids, lengths: NDArray[np.uint16]) -> None:
        """Take these ids; the pairs and their order stay."""
        self.flat = flat
        self.lengths = lengths.astype(np.int64)
        starts = np.cumsum(self.lengths, axis=0) - self.lengths
        self.starts = (starts[:, 0], starts[:, 1])

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


def resample(folder: Path, alpha: float) -> tuple[Ids, NDArray[np.uint16]]:
    """Segment every text anew, at random (subword regularisation, Kudo 2018).

    Args:
        folder: what `prepare` wrote.
        alpha: how even the choice is; 0 is uniform, a large one the best segmentation.

    Returns:
        What `Pairs.set_ids` takes. It is another one each time, whatever the seed.
    """
    import sentencepiece

    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "pieces.spm"))
    flat, lengths = [], []
    with np.load(folder / "pairs.npz") as arrays:
        for side, name in enumerate(("source", "target")):
            cuts = np.cumsum(arrays["lengths"][:, side], dtype=np.int64)[:-1]
            texts = pieces.decode([ids.tolist() for ids in np.split(arrays[name], cuts)])
            rows = pieces.encode(
                texts, enable_sampling=True, nbest_size=-1, alpha=alpha, num_threads=os.cpu_count()
            )
            lengths.append([len(row) for row in rows])
            flat.append(np.fromiter(itertools.chain.from_iterable(rows), np.uint16))
    return (flat[0], flat[1]), np.array(lengths, np.uint16).T


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
