"""A batch against its own engine, and its memory: `python -m bench.batch`.

Throughput: a batch briefs German articles with the bundled model, and then what it asked of the
engine is asked of the same engine without anything around it: every search at once, already
tokenized. The ratio of the two rates, in searches a second, is the share of the time in which the
engine was at work. The ratio of CPU times says what else was computed, whatever other processes do;
where the cores are full and nothing else runs, the two are one. (A sentence whose translation fails
its check is searched for more than once.)

With `--shape` the model has the default model's shape, and random weights. A translation has 30
tokens, and is checked, but not tried again: none would ever pass.

Memory: 200,000 articles with a model without weights; what is resident when a
tenth was read, and all.
"""

import argparse
import json
import multiprocessing
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import seq2seq
from bench import weights
from bench.measure import TOKENS
from depesche import pipeline
from depesche.batch import Batch
from depesche.brief import Item
from depesche.pipeline import Pipeline
from depesche.worker import Worker
from seq2seq.engine import Decoding, Engine, Target
from seq2seq.hub import conversions_dir
from summarize import load
from tests import batch_child
from translate import Translator

ROUNDS = 3
SAMPLES = Path(__file__).parents[1] / "samples"
Call = tuple[Sequence[Sequence[str]], Sequence[Decoding]]


class Recording:
    """An engine that remembers what it was asked."""

    def __init__(self, engine: Engine, length: int | None) -> None:
        """`length`: tokens of every target; None: as many as it happens to have."""
        self.engine = engine
        self.calls: list[Call] = []
        self._length = length

    def generate(
        self, sources: Sequence[Sequence[str]], searches: Sequence[Decoding]
    ) -> list[list[Target]]:
        """See `seq2seq.engine.Engine`."""
        if self._length:
            lengths = {"min_tokens": self._length, "max_tokens": self._length}
            searches = [replace(search, **lengths) for search in searches]
        self.calls.append((sources, searches))
        return self.engine.generate(sources, searches)


def articles(count: int, seed: int = 0) -> Iterator[Item]:
    """Articles of about twenty sentences, no two of which are equal."""
    draw = random.Random(seed)
    texts = [path.read_text(encoding="utf-8") for path in sorted(SAMPLES.glob("*.txt"))]
    sentences = [
        sentence
        for text in texts
        for sentence in " ".join(text.split()).split(". ")
        if 40 < len(sentence) < 250
    ]
    for number in range(count):
        chosen = draw.sample(sentences, 20)
        body = " ".join(f"{sentence}, sagte Nummer {draw.randrange(10**6)}." for sentence in chosen)
        yield Item(str(number), body, f"Meldung {number} vom Tage")


def throughput(count: int, *, briefs: bool, shape: bool) -> None:
    """Print the rates of the batch and of the bare engine, and their ratio."""
    cache = conversions_dir().parent / "bench"
    name = str(weights.made(cache, "opus-mt", weights.opus_mt)) if shape else "mini"
    model: Any = seq2seq.load(name)
    recording = model._engine = Recording(model._engine, TOKENS if shape else None)
    translator = Translator(model, cascade=not shape)
    chain = Pipeline(translator, load("extract") if briefs else None, words=60)
    list(chain.briefs(articles(1)))
    for _ in range(ROUNDS):
        recording.calls.clear()
        with tempfile.TemporaryDirectory() as folder:
            batch = Batch(Worker(chain, "jsonl"), Path(folder) / "briefs.jsonl", "jsonl")
            ours = timed(partial(batch.run, articles(count)))
        sources = [source for sources, _ in recording.calls for source in sources]
        searches = [search for _, searches in recording.calls for search in searches]
        bare = timed(partial(recording.engine.generate, sources, searches))
        print(f"  {batch.summary.sentences} sentences, {len(sources)} searches")
        for name, (wall, cpu) in (("batch", ours), ("engine", bare)):
            rates = f"{len(sources) / wall:7.1f} searches/s, {count / wall:6.2f} articles/s"
            print(f"    {name:6} {rates} {wall:6.1f} s, {cpu:6.1f} s of CPU time")
        print(f"    ratio  {bare[0] / ours[0]:.3f}, of CPU time {bare[1] / ours[1]:.3f}")


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds that `work` takes, by the clock and of all cores."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def memory(count: int) -> None:
    """Print the resident memory at a tenth of the articles, and at the last."""
    with tempfile.TemporaryDirectory() as folder:
        peaks = Path(folder) / "peaks"
        start = time.perf_counter()
        context = multiprocessing.get_context("spawn")
        process = context.Process(target=batch_child.memory, args=(count, peaks))
        process.start()
        process.join()
        first, last = json.loads(peaks.read_text(encoding="utf-8"))
        seconds = time.perf_counter() - start
    print(f"{count} articles with a model without weights: {seconds:.0f} s")
    print(f"  {first / 1024:.1f} MB at a tenth, {last / 1024:.1f} MB at the end")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=600)
    parser.add_argument("--shape", action="store_true", help="opus-mt's, with random weights")
    parser.add_argument("--window", type=int, help="sentences in a window, for a slow machine")
    parser.add_argument("--many", type=int, default=200_000, help="0 leaves memory out")
    options = parser.parse_args()
    if options.window:
        pipeline.WINDOW = options.window
    for briefs in (False, True):
        print("translations and briefs" if briefs else "translations")
        throughput(options.articles, briefs=briefs, shape=options.shape)
    if options.many:
        memory(options.many)


if __name__ == "__main__":
    main()
