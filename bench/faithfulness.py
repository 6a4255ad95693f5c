"""How well `depesche.check` tells unfaithful summaries: `python -m bench.faithfulness [SHARED]`.

On the human labels of CLIFF (Cao and Wang, 2021): a summary is unfaithful if any of its words is
marked as anything but correct. Beside it, a naive word match. SHARED is the folder of shared texts.
"""

import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from depesche.check import Source, unsupported

SHARED = Path(__file__).parents[1].parent / "shared"
Check = Callable[[str, str], list[str]]


class Labelled(NamedTuple):
    """A summary that people have judged."""

    summary: str
    article: str
    is_unfaithful: bool


class Score(NamedTuple):
    """Rates between 0 and 1: of unfaithful summaries caught, of faithful ones called unfaithful."""

    caught: float
    false_alarms: float

    @property
    def balanced_accuracy(self) -> float:
        """The mean of the rates at which both kinds are judged rightly."""
        return (self.caught + 1 - self.false_alarms) / 2


def labelled(origin: str, shared: Path = SHARED) -> list[Labelled]:
    """The summaries of CLIFF's half `origin`, "cnndm" or "xsum"."""
    lines = (shared / "faithfulness/cliff-dev.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if row["origin"] == origin]
    return [
        Labelled(row["summary"], row["article"], any(e != "correct" for e in row["errors"]))
        for row in rows
    ]


def score(check: Check, data: list[Labelled]) -> Score:
    """Calls a summary unfaithful where `check` returns anything."""
    alarms: dict[bool, list[bool]] = {True: [], False: []}
    for summary, article, is_unfaithful in data:
        alarms[is_unfaithful].append(bool(check(summary, article)))
    return Score(*(sum(alarms[kind]) / len(alarms[kind]) for kind in (True, False)))


def naive(line: str, source: str) -> list[str]:
    """Words with a capital and numbers that the source does not have."""
    known = set(re.findall(r"\w+", source.lower()))
    return [w for w in re.findall(r"\w+", line) if not w.islower() and w.lower() not in known]


def main() -> None:
    """Print the table."""
    shared = Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED
    print("| CLIFF half | check | balanced accuracy | caught | false alarms |")
    print("|---|---|---|---|---|")
    for origin in ("cnndm", "xsum"):
        data = labelled(origin, shared)
        for name, check in (("depesche.check", unsupported), ("naive word match", naive)):
            found = score(check, data)
            print(
                f"| {origin} ({sum(d.is_unfaithful for d in data)} of {len(data)} unfaithful)"
                f" | {name} | {found.balanced_accuracy:.3f}"
                f" | {found.caught:.0%} | {found.false_alarms:.0%} |"
            )
    data = labelled("cnndm", shared)
    start = time.process_time()
    for summary, article, _ in data:
        Source(article).unsupported(summary)
    rate = len(data) / (time.process_time() - start)
    print(f"\n{rate:.0f} summaries per second of one core, each article read anew")


if __name__ == "__main__":
    main()
