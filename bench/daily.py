"""The digest of 40 articles, and the second run of the day: `python -m bench.daily`.

Two publishers on a server of this machine have twenty articles of about twenty sentences each.
`depesche daily` reads them as a process of its own, on two cores, with the bundled models: first
with nothing kept, then again. The goals are 30 seconds and 2. What the processes computed is
printed, too, for a machine that does other work meanwhile.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.newsroom import articles, newsroom

CORES = 2
GOALS = {"first run": 30.0, "second run": 2.0}


def timed(command: list[str], folder: Path) -> tuple[float, float]:
    """Seconds that a command takes in a folder, by the clock and of all cores."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stderr=subprocess.DEVNULL)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.daily", description=__doc__)
    parser.add_argument("--articles", type=int, default=40)
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    now = datetime.now(UTC) - timedelta(minutes=1)
    half = options.articles // 2
    with newsroom() as room, tempfile.TemporaryDirectory() as folder:
        first = room.publish(articles(half, now), "weserbote")
        second = room.publish(
            articles(options.articles - half, now, first=half), "tageblatt", "atom"
        )
        command = [sys.executable, "-m", "depesche", "daily", first, second, "-o", "digests"]
        command += ["--since", "2d", "--bundled", "--allow-private"]
        pages: dict[Path, bytes] = {}
        for name, goal in GOALS.items():
            wall, cpu = timed(command, Path(folder))
            found = {path: path.read_bytes() for path in Path(folder, "digests").iterdir()}
            same = " and the same files" * (found == pages)
            asked = len(room.asked())
            print(
                f"{name}: {wall:.1f} s (goal: {goal:.0f} s), {cpu:.1f} s of CPU time; "
                f"{asked} requests{same}"
            )
            pages = found


if __name__ == "__main__":
    main()
