"""What an engine is asked and what it answers: tokens in, tokens out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

# Limits are rounded up to this many tokens, so that few searches differ and batches stay large.
LIMIT_STEP = 32


@dataclass(frozen=True)
class Decoding:
    """How hypotheses are searched for."""

    beam: int = 4
    hypotheses: int = 1  # how many of the beam come back, best first; at most `beam`
    length_penalty: float = 1.0  # the exponent of the length that a score is divided by
    no_repeat_ngram: int = 0  # no n-gram of this many tokens occurs twice; 0: no such rule
    min_tokens: int = 1  # of a hypothesis, without its end; at least 1: empty is no target
    max_tokens: int = 511  # likewise; a hypothesis that meets it is not `complete`
    max_ratio: float | None = None  # also at most this many tokens a source token, plus 16

    def __post_init__(self) -> None:
        if not 1 <= self.hypotheses <= self.beam:
            raise ValueError(f"{self.hypotheses} hypotheses of a beam of {self.beam}")
        if not 1 <= self.min_tokens <= self.max_tokens:
            raise ValueError(f"min_tokens {self.min_tokens} over max_tokens {self.max_tokens}")

    def of_source(self, tokens: int) -> "Decoding":
        """The same for a source of this many tokens: `max_ratio` became part of `max_tokens`."""
        if self.max_ratio is None:
            return self
        limit = int(self.max_ratio * tokens) + 16
        limit = max(-(-limit // LIMIT_STEP) * LIMIT_STEP, self.min_tokens)
        return replace(self, max_tokens=min(limit, self.max_tokens), max_ratio=None)


@dataclass(frozen=True)
class Target:
    """A hypothesis in tokens, without special tokens at its ends.

    `complete` is False where the search met its limit before the hypothesis ended.
    """

    tokens: tuple[str, ...]
    complete: bool


class Engine(Protocol):
    """A loaded model that turns source tokens into target tokens. Threads may share it."""

    def generate(
        self, sources: Sequence[Sequence[str]], searches: Sequence[Decoding]
    ) -> list[list[Target]]:
        """Hypotheses for each source, best first, in the order of `sources`.

        `sources` hold the special tokens that the model expects and are within its limit;
        `searches` has one search a source, without `max_ratio`. The engine batches.
        """
        ...
