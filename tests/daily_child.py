"""A daily run as a process of its own, to be killed: with a model that is slow and counts."""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from depesche.daily import run as daily
from depesche.daily.config import sources_of
from depesche.daily.window import window
from depesche.pipeline import Pipeline
from seq2seq import Decoding, Hypothesis
from summarize import load
from tests.fake import FakeModel
from translate import Translator


@dataclass
class Slow(FakeModel):
    """Takes its time for every call."""

    seconds: float = 0

    def generate(self, texts: Sequence[str], decoding: Decoding) -> list[list[Hypothesis]]:
        time.sleep(self.seconds)
        return super().generate(texts, decoding)


def run(feed: str, day: str, output: Path, seconds: float, briefed: Any = None) -> int:
    """Make the digest of a day; how many articles had no brief.

    Args:
        feed: its URL.
        day: in ISO format.
        output: the folder.
        seconds: that the model takes for a call.
        briefed: its `value` is raised by every article that is briefed, once that is kept.
    """
    state = output.with_name(f"{output.name}.state")
    before = briefs(state)
    chain = Pipeline(Translator(Slow(seconds=seconds)), load("extract"), words=60)
    order = daily.Order(
        window(datetime.now(UTC), day), sources_of([feed]), output, state, allow_private=True
    )

    def count(_sentences: int) -> None:
        if briefed is not None:  # the article before this one is kept
            briefed.value += 1

    with patch.object(daily, "TOGETHER", 1):
        daily.run(order, chain, translated=count)
    return briefs(state) - before


def briefs(state: Path) -> int:
    """How many a state has that nobody holds."""
    if not state.exists():
        return 0
    with closing(sqlite3.connect(state)) as db:
        found: int = db.execute("SELECT count(*) FROM brief").fetchone()[0]
    return found
