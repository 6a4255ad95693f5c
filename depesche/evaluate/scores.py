"""Scores with their intervals and their significance; BLEU and chrF2 by sacrebleu."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from depesche.brief import InputError

RESAMPLES = 1000
SEED = 12345  # sacrebleu's


@dataclass(frozen=True)
class Score:
    """A score and its 95 % interval.

    `p` says how likely chance alone makes so great a difference to the first of the systems that
    were scored together; it is None for that one.
    """

    value: float
    low: float
    high: float
    p: float | None = None


@dataclass(frozen=True)
class Scores:
    """What sacrebleu says of some systems, each a score by metric, in their order.

    `tokens` are those of each system as BLEU counts them, words and signs, so that they mean the
    same whatever a model's vocabulary. `signatures` tell how each metric was computed.
    """

    systems: list[dict[str, Score]]
    tokens: list[int]
    signatures: dict[str, str]


def require_sacrebleu() -> None:
    """Raise InputError, saying what helps, where sacrebleu is not installed."""
    try:
        import sacrebleu  # noqa: F401
    except ImportError:
        raise InputError(
            "scores are made by sacrebleu, which is not installed: pip install 'depesche[evaluate]'"
        ) from None


def scored(systems: Sequence[Sequence[str]], references: Sequence[str]) -> Scores:
    """Score the translations of some systems, and compare each with the first.

    Intervals and significance are by bootstrap resampling of sentences, the latter paired (Koehn
    2004, "Statistical Significance Tests for Machine Translation Evaluation").

    Args:
        systems: of each, a translation of every line.
        references: the lines as people translated them.
    """
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF
    from sacrebleu.significance import PairedTest

    metrics = {"bleu": BLEU(references=[references]), "chrf2": CHRF(references=[references])}
    named = [(str(number), system) for number, system in enumerate(systems)]
    columns: dict[str, list[Any]]
    signatures, columns = PairedTest(named, metrics, None, "bs", RESAMPLES)()

    def score(result: Any, first: Any) -> Score:
        p = None if result is first else result.p_value
        if p is not None and result.score == first.score:
            p = 1.0  # sacrebleu takes two equal systems for certainly different ones
        mean, ci = float(result.mean), float(result.ci)  # numpy's, which are no JSON
        return Score(result.score, mean - ci, mean + ci, p)

    return Scores(
        systems=[
            {key.lower(): score(columns[key][i], columns[key][0]) for key in signatures}
            for i in range(len(systems))
        ],
        tokens=[metrics["bleu"].corpus_score(system, None).sys_len for system in systems],
        signatures={key.lower(): str(signature) for key, signature in signatures.items()},
    )


def averaged(systems: Sequence[Sequence[float]]) -> list[Score]:
    """The mean score of each system over the examples, with interval and significance as above.

    Args:
        systems: of each, a score of every example.
    """
    import numpy as np

    scores = np.array(systems)  # (systems, examples)
    rng, size = np.random.default_rng(SEED), scores.shape[1]
    chosen = (rng.integers(size, size=size) for _ in range(RESAMPLES))
    means = np.stack([scores[:, rows].mean(axis=1) for rows in chosen], axis=1)
    found: list[Score] = []
    for system, resampled in zip(scores, means, strict=True):
        difference = abs(system.mean() - scores[0].mean())
        chance = resampled - means[0]
        as_great = np.abs(chance - chance.mean()) >= difference
        p = None if not found else (int(as_great.sum()) + 1) / (RESAMPLES + 1)
        low, high = np.quantile(resampled, (0.025, 0.975))
        found.append(Score(float(system.mean()), float(low), float(high), p))
    return found
