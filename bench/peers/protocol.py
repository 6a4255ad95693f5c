"""What every contender speaks, each in a process of its own.

A line of JSON on standard input is a request, a line on standard output its answer:

    {"load": {"model": ..., "beam": 4, ...}}  ->  {"versions": {...}}
    {"texts": [...]}  ->  {"outputs": [...], "first": 0.2, "seconds": 3.4, "peak_mb": 512.0}

`first` and `seconds` are how long the first output took and all of them, `peak_mb` the most memory
that the process has ever held. Only the standard library is needed here, because EasyNMT and Argos
run in environments of their own, which have nothing of depesche's.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = ("ctranslate2", "torch", "transformers", "EasyNMT", "argostranslate")


@dataclass(frozen=True)
class Job:
    """The weights to load, in the layout of each contender, and how to search."""

    model: str  # a directory as transformers reads it
    converted: str = ""  # a directory of the same weights for CTranslate2
    package: str = ""  # the same as a package for Argos; the bench's own folder is beside it
    beam: int = 4
    compute_type: str = "int8"  # of depesche and CTranslate2; the others have no choice, or choose
    length: int | None = None  # tokens of each target; None: where the model ends it
    single: bool = False  # one text at a time is expected


Translate = Callable[[Sequence[str]], Iterator[str]]
Load = Callable[[Job], Translate]


def serve(load: Load) -> None:
    """Answer requests until there are no more; any error ends the process."""
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # what libraries print is no answer
    translate: Translate = iter
    for line in sys.stdin:
        request = json.loads(line)
        if "load" in request:
            translate = load(Job(**request["load"]))
            answer: dict[str, Any] = {"versions": versions()}
        else:
            answer = timed(translate, request["texts"])
        print(json.dumps(answer), file=answers, flush=True)


def timed(translate: Translate, texts: Sequence[str]) -> dict[str, Any]:
    """The outputs, with the seconds and the memory that they took."""
    start = time.perf_counter()
    outputs = translate(texts)
    found = [next(outputs)]
    first = time.perf_counter() - start
    found += outputs
    seconds = time.perf_counter() - start
    return {"outputs": found, "first": first, "seconds": seconds, "peak_mb": peak_mb()}


def peak_mb() -> float:
    """The most memory that this process has held, in megabytes."""
    if sys.platform == "linux":  # getrusage would count what the parent held when it started this
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


def versions() -> dict[str, str]:
    """The versions of what this environment has of `PACKAGES`."""
    installed = {found.name: found.version for found in metadata.distributions()}
    return {name: installed[name] for name in PACKAGES if name in installed}
