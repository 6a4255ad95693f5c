"""One TOML file per run: data, model and schedule in one place."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Data:
    """Where the text is and what is kept of it."""

    corpus: Path  # MANIFEST.tsv, and beside it the files that it names and test/
    vocabulary: int = 8000  # pieces, shared by both languages; </s>, <unk> and <pad> come on top
    longest: int = 100  # tokens of a side that is kept
    ratio: float = 2.0  # the most tokens of one side for one token of the other
    sampling: float = 0.0  # alpha of subword sampling (Kudo 2018); 0: one segmentation


@dataclass(frozen=True)
class Model:
    """The shape of a MarianMTModel."""

    width: int = 256
    feed_forward: int = 1024
    heads: int = 8
    encoder_layers: int = 3
    decoder_layers: int = 2
    positions: int = 256  # the longest input and output that the exported model takes


@dataclass(frozen=True)
class Phase:
    """A stretch of training with its own mix of texts."""

    until: float  # the share of the whole budget at which it ends
    weights: dict[str, float]  # by file or else by domain: how often a pair comes in one epoch
    longest: int = 100  # tokens of a side


@dataclass(frozen=True)
class Schedule:
    """How long and how to train; the budget ends at `minutes` or `steps`, whichever comes first."""

    minutes: float
    phases: tuple[Phase, ...]
    steps: int = 10**9
    batch_tokens: int = 2048  # target tokens of a batch, padding included
    widths: tuple[int, ...] = (8, 16, 24, 32, 40, 48, 64, 80, 104)  # what batches are padded to
    optimizer: str = "adamw"  # or "muon": matrices by Muon, all else by AdamW
    rate: float = 2e-3  # the peak of AdamW's learning rate
    matrix_rate: float = 2e-2  # the peak of Muon's
    warmup: int = 300  # steps
    decay: float = 1.0  # the last share of the budget, in which the rate falls to zero
    dropout: float = 0.1
    smoothing: float = 0.1
    guide: float = 0.0  # weight of the guided-attention loss at the start; 0: no word alignment
    guide_until: float = 0.5  # the share of the budget at which that weight has fallen to zero
    compile: bool = False
    seed: int = 1
    save_minutes: float = 5.0  # between checkpoints, each scored on the dev set
    keep: int = 8  # checkpoints whose weights stay
    dev_set: str = "newstest2014"
    dev_lines: int = 200


@dataclass(frozen=True)
class Config:
    """A whole run."""

    data: Data
    model: Model
    train: Schedule

    def weight(self, file: str, domain: str) -> float:
        """The largest weight that any phase gives a file; 0 leaves it out of the run."""
        return max(weight_of(phase, file, domain) for phase in self.train.phases)


def weight_of(phase: Phase, file: str, domain: str) -> float:
    """The weight of a file in a phase: its own, else its domain's, else 0."""
    return phase.weights.get(file, phase.weights.get(domain, 0.0))


def load(path: Path) -> Config:
    """Read a run's configuration.

    Raises:
        ValueError: a key is unknown, missing or out of range.
    """
    with path.open("rb") as file:
        table: dict[str, dict[str, Any]] = tomllib.load(file)
    try:
        phases = tuple(Phase(**phase) for phase in table["train"].pop("phase"))
        if "widths" in table["train"]:
            table["train"]["widths"] = tuple(table["train"]["widths"])
        corpus = (path.parent / table["data"].pop("corpus")).resolve()
        config = Config(
            Data(corpus=corpus, **table["data"]),
            Model(**table.get("model", {})),
            Schedule(phases=phases, **table["train"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path}: {error}") from error
    if config.train.widths[-1] < config.data.longest + 1:
        raise ValueError(f"{path}: the last of train.widths must be over data.longest")
    return config
