"""The measurements: the contenders one after the other, on the same weights and the same texts."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from bench import peers, texts, weights
from bench.peers import Contender
from bench.peers.protocol import Job
from bench.process import ROOT, Failed, Process

ROUNDS = 3
TOKENS = 30  # of every translation, where weights are random
BRIEF, ARTICLE = 60, 650  # tokens of a brief, and of what it is made of

T = TypeVar("T")


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    sizes: tuple[int, ...] = (1, 10, 100, 1000, 10_000)  # sentences
    budget: float = 150.0  # seconds; a run that would take longer is left out
    lines: int = 200  # of the test set, by every contender
    shape: int = 128  # sentences, by weights of opus-mt's shape
    beams: tuple[int, ...] = (1, 2, 4, 6)
    beam_lines: int = 500  # of the test set, with every beam


QUICK = Plan(sizes=(1, 10, 100), budget=15.0, lines=20, shape=8, beams=(1, 4), beam_lines=20)


@dataclass
class Bench:
    """Measures; whoever fails is noted, and costs nobody else a figure."""

    plan: Plan
    cache: Path
    contenders: Sequence[Contender] = peers.ALL
    versions: dict[str, dict[str, str]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def everything(self) -> dict[str, Any]:
        """All figures, as plain JSON."""
        figures: dict[str, Any] = {}
        for measure in (self.mini, self.beams, self.opus_mt, self.briefs, self.chain, self.command):
            name = measure.__name__
            try:
                figures[name] = measure()
            except Exception as error:  # half a page of figures is better than none
                self.failures[name] = f"{type(error).__name__}: {error}"
        return figures | {"versions": self.versions, "failures": self.failures}

    def mini(self) -> dict[str, Any]:
        """With `mini`'s weights: start-up, growth, and what the translations are worth."""
        job = weights.job(weights.MINI, self.cache)
        german, english = _lines(self.plan.lines)

        def warm(process: Process) -> None:
            process.load(job)
            process.run(texts.sentences(1))

        def grow(process: Process) -> dict[str, Any]:
            versions = process.load(job)["versions"]
            process.run(texts.sentences(1))
            startup = time.perf_counter() - process.started
            process.run(texts.article())
            article = time.perf_counter() - process.started
            return {
                "versions": versions,
                "startup": startup,
                "article": article,
                "sizes": list(self._sizes(process)),
                "test": process.run(german),
            }

        # Packages are installed and the disk is read; who cannot start is left out of all else.
        started = self._each("first start", self.contenders, warm)
        self.contenders = [c for c in self.contenders if c.name in started]
        found = self._each("mini", self.contenders, grow)
        self.versions |= {name: figures.pop("versions") for name, figures in found.items()}
        tests = {name: figures.pop("test") for name, figures in found.items()}
        tests |= self._in_float32(german)
        reference = tests.get(peers.ONE_BY_ONE.name, {}).get("outputs")
        rows = {
            name: {"seconds": run["seconds"], **_compared(run["outputs"], reference, english)}
            for name, run in tests.items()
        }
        made = {"set": texts.TEST if english else None, "sentences": len(german), "rows": rows}
        return {"contenders": found, "test": made}

    def _in_float32(self, german: Sequence[str]) -> dict[str, dict[str, Any]]:
        """What the engine makes of some sentences where it rounds no more than transformers."""
        job = weights.job(weights.MINI, self.cache, compute_type="float32")

        def measure(process: Process) -> dict[str, Any]:
            process.load(job)
            process.run(german[:4])
            return process.run(german)

        found = self._each("float32", [peers.UNCHECKED, peers.DIRECT], measure)
        return {f"{name}, float32": run for name, run in found.items()}

    def _sizes(self, process: Process) -> Iterator[dict[str, float]]:
        """The figures of each size, until one would take too long."""
        sentences = texts.sentences(max(self.plan.sizes))
        pace = 0.0  # seconds a sentence
        for size in self.plan.sizes:
            if pace * size > self.plan.budget:
                return
            rounds = ROUNDS if size <= 10 else 1
            runs = [process.run(sentences[i * size : (i + 1) * size]) for i in range(rounds)]
            row = _median(runs)
            pace = row["seconds"] / size
            yield row

    def beams(self) -> list[dict[str, Any]]:
        """Quality and speed of each beam, in int8 and float32; nothing without a test set."""
        german, english = _lines(self.plan.beam_lines)
        rows: list[dict[str, Any]] = []
        if english is None:
            return rows
        for contender, compute_type in (
            (peers.UNCHECKED, "int8"),
            (peers.UNCHECKED, "float32"),
            (peers.SORTED, "float32"),
        ):
            job = weights.job(weights.MINI, self.cache, compute_type=compute_type)

            def scored(process: Process, job: Job = job) -> list[dict[str, Any]]:
                own = []
                for beam in self.plan.beams:
                    process.load(replace(job, beam=beam))
                    process.run(german[:4])
                    run = process.run(german)
                    row = {"beam": beam, "sentences": len(german), "seconds": run["seconds"]}
                    own.append(row | _scores(run["outputs"], english))
                return own

            for name, own in self._each(f"beams, {compute_type}", [contender], scored).items():
                rows += [{"who": name, "compute_type": compute_type, **row} for row in own]
        return rows

    def opus_mt(self) -> dict[str, Any]:
        """Speed and memory by weights of opus-mt's shape, every translation of one length."""
        job = self._opus_mt()
        # With its checks depesche would try again what random weights say.
        others = [c for c in self.contenders if c not in (peers.DEPESCHE, peers.UNCHECKED)]

        def measure(process: Process) -> dict[str, float]:
            process.load(job)
            return self._repeated(process, texts.sentences(self.plan.shape))

        contenders = [peers.UNCHECKED, peers.PORTABLE, *others]
        return self._each("opus-mt's shape", contenders, measure)

    def briefs(self) -> dict[str, Any]:
        """One brief at a time, by weights of distilbart's shape."""
        job = self._distilbart()

        def measure(process: Process) -> dict[str, float]:
            process.load(job)
            return self._repeated(process, [weights.english(Path(job.model), ARTICLE)])

        contenders = [peers.UNCHECKED, peers.PORTABLE, peers.ONE_BY_ONE]
        return self._each("distilbart's shape", contenders, measure)

    def chain(self) -> dict[str, Any]:
        """An article and its brief by the published shapes, from the start of a process."""
        translation, summary = self._opus_mt(), self._distilbart()

        def measure(process: Process) -> dict[str, float]:
            process.load(translation)
            process.run(texts.article())
            process.load(summary)
            run = process.run([weights.english(Path(summary.model), ARTICLE)])
            seconds = time.perf_counter() - process.started
            return {"seconds": seconds, "peak_mb": run["peak_mb"]}

        return self._each("the chain", [peers.UNCHECKED, peers.SORTED], measure)

    def command(self) -> float:
        """Seconds that `depesche brief --bundled ARTICLE` takes, from its start to its end."""
        command = [sys.executable, "-m", "depesche", "brief", "--bundled", str(texts.ARTICLE)]
        seconds = []
        for _ in range(ROUNDS + 1):  # the first reads the disk
            start = time.perf_counter()
            subprocess.run(command, capture_output=True, check=True, cwd=ROOT)
            seconds.append(time.perf_counter() - start)
        return statistics.median(seconds[1:])

    def _opus_mt(self) -> Job:
        model = weights.made(self.cache, "opus-mt", weights.opus_mt)
        return weights.job(model, self.cache, length=TOKENS)

    def _distilbart(self) -> Job:
        model = weights.made(self.cache, "distilbart", weights.distilbart)
        return weights.job(model, self.cache, length=BRIEF, single=True)

    def _repeated(self, process: Process, given: Sequence[str]) -> dict[str, float]:
        """The median of up to three runs after a short one; of fewer texts where time is short."""
        few = given[:4]
        pace = process.run(few)["seconds"] / len(few)
        budget = self.plan.budget / 2
        given = given[: max(1, int(budget / pace))]
        runs: list[dict[str, Any]] = []
        while len(runs) < ROUNDS and sum(run["seconds"] for run in runs) < budget / 2:
            runs.append(process.run(given))
        return _median(runs)

    def _each(
        self, what: str, contenders: Sequence[Contender], measure: Callable[[Process], T]
    ) -> dict[str, T]:
        """What `measure` finds for each contender that does not fail."""
        found = {}
        for contender in contenders:
            print(f"{what}: {contender.name}", file=sys.stderr)
            try:
                with Process(contender, self.cache) as process:
                    found[contender.name] = measure(process)
            except Failed as error:
                self.failures[f"{contender.name} ({what})"] = str(error)
        return found


def _lines(count: int) -> tuple[list[str], list[str] | None]:
    """Sentences to compare translations of: with references, or our own where there are none."""
    return texts.test_lines(count) or (texts.sentences(count), None)


def _median(runs: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The row of some runs over equally many texts; memory only rises, so the last has the most."""
    return {
        "sentences": len(runs[0]["outputs"]),
        "seconds": statistics.median(run["seconds"] for run in runs),
        "first": statistics.median(run["first"] for run in runs),
        "peak_mb": runs[-1]["peak_mb"],
    }


def _compared(
    own: Sequence[str], reference: Sequence[str] | None, english: Sequence[str] | None
) -> dict[str, float]:
    """How alike two contenders' translations are, and how good where that can be told."""
    found: dict[str, float] = {}
    if reference:
        same = sum(a == b for a, b in zip(own, reference, strict=True))
        found = {"same": same / len(own), "likeness": _scores(own, reference)["chrf"]}
    return found | (_scores(own, english) if english else {})


def _scores(own: Sequence[str], english: Sequence[str]) -> dict[str, float]:
    from training.evaluate import score

    scores = score(own, english)
    return {"bleu": scores["bleu"], "chrf": scores["chrf"]}
