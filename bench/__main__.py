"""depesche beside what a user would pick instead: `python -m bench [--quick]`, or `make bench`.

Every contender runs in a process of its own; EasyNMT and Argos Translate are installed into
environments of their own first, once, and the weights of the published shapes are made, once. Both
stay in the user's cache (4 GB), under the name that is printed.
"""

import argparse
import os
import platform
import sys
import time
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from bench import measure, report
from bench.process import ROOT
from seq2seq.devices import place
from seq2seq.hub import conversions_dir


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    cpu = platform.processor() or platform.machine()
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                cpu = line.partition(":")[2].strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "engine": place("auto", "cpu").engine,
    }


def busy() -> tuple[float, float] | None:
    """CPU seconds that this machine has worked, and those of the bench; None where none is told."""
    if sys.platform != "linux":
        return None
    ticks = [int(n) for n in Path("/proc/stat").read_text(encoding="utf-8").split()[1:9]]
    waiting = sum(ticks[3:5])  # idle, and for the disk
    return (sum(ticks) - waiting) / os.sysconf("SC_CLK_TCK"), sum(os.times()[:4])


def others(start: tuple[float, float] | None, seconds: float) -> float | None:
    """The share of the cores that other work has had in these last seconds."""
    now = busy()
    if not start or not now:
        return None
    foreign = (now[0] - start[0]) - (now[1] - start[1])
    return max(0.0, round(foreign / seconds / (os.cpu_count() or 1), 3))


def main() -> None:
    """Measure, and write the figures, the page and the plots."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few minutes, to see that all runs")
    parser.add_argument("--out", type=Path, help="default: docs, or runs/bench with --quick")
    options = parser.parse_args()
    out = options.out or ROOT / ("runs/bench" if options.quick else "docs")
    cache = conversions_dir().parent / "bench"
    cache.mkdir(parents=True, exist_ok=True)
    os.environ["DEPESCHE_CACHE"] = str(cache)  # conversions of random weights are nobody's models
    print(f"environments and weights are kept in {cache}", file=sys.stderr)
    start, before = time.monotonic(), busy()
    made = {
        "date": datetime.now(UTC).date().isoformat(),
        "depesche": metadata.version("depesche"),
        "quick": options.quick,
        "machine": machine(),
    }
    bench = measure.Bench(measure.QUICK if options.quick else measure.Plan(), cache)
    figures = made | bench.everything()
    seconds = time.monotonic() - start
    figures |= {"minutes": round(seconds / 60, 1), "others": others(before, seconds)}
    report.write(figures, out)
    print(f"{out / report.PAGE}, after {figures['minutes']} minutes", file=sys.stderr)
    for what, reason in figures["failures"].items():
        print(f"failed: {what}: {reason}", file=sys.stderr)


if __name__ == "__main__":
    main()
