"""An encoder–decoder model behind strings: texts in, hypotheses out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Decoding:
    """How hypotheses are searched for."""

    beam: int = 4
    hypotheses: int = 1  # how many of the beam come back, best first; at most `beam`
    length_penalty: float = 1.0  # the exponent of the length that a score is divided by
    no_repeat_ngram: int = 0  # no n-gram of this many tokens occurs twice; 0: no such rule
    min_tokens: int = 0  # of a hypothesis, without its end
    max_tokens: int = 512  # likewise; a hypothesis that meets it is not `complete`
    max_ratio: float | None = None  # also at most this many tokens a source token, plus 16

    def __post_init__(self) -> None:
        if not 1 <= self.hypotheses <= self.beam:
            raise ValueError(f"{self.hypotheses} hypotheses of a beam of {self.beam}")
        if not 0 <= self.min_tokens <= self.max_tokens:
            raise ValueError(f"min_tokens {self.min_tokens} over max_tokens {self.max_tokens}")


@dataclass(frozen=True)
class Hypothesis:
    """One way to go on from a source.

    `score` is the log probability divided by length ** length_penalty. `complete` is False where
    the search met its limit before the hypothesis ended.
    """

    text: str
    score: float
    complete: bool = True


@dataclass(frozen=True)
class Recipe:
    """How a model was run; part of every output."""

    model: str
    revision: str | None
    engine: str
    compute_type: str


class Seq2Seq(Protocol):
    """What translate and summarize ask of a model; tests pass a double through this seam."""

    @property
    def recipe(self) -> Recipe:
        """Which model this is and how it runs."""
        ...

    @property
    def limit(self) -> int:
        """The most tokens of one source, special tokens included."""
        ...

    @property
    def decoding(self) -> Decoding:
        """The model's own settings (its generation config)."""
        ...

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens included."""
        ...

    def generate(self, texts: Sequence[str], decoding: Decoding) -> list[list[Hypothesis]]:
        """`decoding.hypotheses` hypotheses for each text, best first, in the order of `texts`.

        Raises:
            InputTooLong: a text has more than `limit` tokens.
        """
        ...
