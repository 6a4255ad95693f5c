"""depesche's engines against transformers on the same weights: `python -m bench.speed`.

Each contender runs in a process of its own, in turn with the others, on the same source tokens and
with forced lengths, so that a figure says how fast tokens are made and not how many. The weights
are random, in the published models' shapes.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import shapes
from seq2seq.convert import convert
from seq2seq.ctranslate2_engine import CTranslate2Engine
from seq2seq.engine import Decoding

# German news sentences in tokens of opus-mt: mean 27, a long tail.
SENTENCES = [max(5, min(90, round(8 * 1.12 ** (i % 28)))) for i in range(160)]
TRANSLATION = Decoding(beam=4, min_tokens=30, max_tokens=30)
SUMMARY = Decoding(beam=4, min_tokens=60, max_tokens=60, length_penalty=2.0, no_repeat_ngram=3)


Run = Callable[[Sequence[Sequence[str]]], None]


def transformers_loop(path: Path, search: Decoding, batch: int) -> Run:
    """What a user would write: float32, sorted by length, `batch` sentences at a time."""
    import torch
    import transformers

    transformers.logging.set_verbosity_error()
    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(str(path)).eval()
    tokens = json.loads((path / "vocab.json").read_text(encoding="utf-8"))
    pad = model.config.pad_token_id

    def run(sources: Sequence[Sequence[str]]) -> None:
        rows = sorted(([tokens[t] for t in source] for source in sources), key=len, reverse=True)
        for start in range(0, len(rows), batch):
            ids = rows[start : start + batch]
            width = len(ids[0])
            with torch.inference_mode():
                model.generate(
                    torch.tensor([row + [pad] * (width - len(row)) for row in ids]),
                    attention_mask=torch.tensor([[i < len(r) for i in range(width)] for r in ids]),
                    num_beams=search.beam,
                    min_new_tokens=search.min_tokens + 1,
                    max_new_tokens=search.max_tokens + 1,
                    length_penalty=search.length_penalty,
                    no_repeat_ngram_size=search.no_repeat_ngram,
                    early_stopping=True,
                )

    return run


def ctranslate2(path: Path, search: Decoding, single: bool) -> Run:
    """The fast engine: int8, its own batches."""
    prefix = ["<s>"] if "distilbart" in path.name else []
    engine = CTranslate2Engine(path, prefix, "cpu", "int8", single=single)

    def run(sources: Sequence[Sequence[str]]) -> None:
        engine.generate(sources, [search] * len(sources))

    return run


def contender(name: str, models: Path) -> dict[str, float]:
    """Seconds a run (the median of up to three, within a minute) and peak memory in megabytes."""
    task, kind = name.split("/")
    if task == "translation":
        path, search, batch = models / "opus-mt", TRANSLATION, 32
        lengths = SENTENCES
    else:
        path, search, batch = models / "distilbart", SUMMARY, 1
        lengths = [650]
    sources = shapes.sources(path, lengths)
    if kind == "transformers":
        run = transformers_loop(path, search, batch)
    else:
        run = ctranslate2(path.with_name(f"{path.name}-ct2"), search, len(sources) == 1)
    run(sources[:4])  # to warm up
    times: list[float] = []
    while len(times) < 3 and sum(times) < 60:
        start = time.perf_counter()
        run(sources)
        times.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": statistics.median(times), "peak_mb": peak}


def prepared(models: Path) -> None:
    """Write and convert the models that are not there yet."""
    for name, build in (("opus-mt", shapes.opus_mt), ("distilbart", shapes.distilbart)):
        if not (models / f"{name}-ct2").exists():
            convert(build(models / name), models / f"{name}-ct2", "int8")


def measured(name: str, models: Path) -> dict[str, float]:
    """The figures of a contender, taken in a process of its own."""
    command = [sys.executable, "-m", "bench.speed", "--models", str(models), "--contender", name]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, help="keep the random models in this directory")
    parser.add_argument("--contender", help="measure this one only, here, and print JSON")
    options = parser.parse_args()
    if options.contender:
        print(json.dumps(contender(options.contender, options.models)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        models = options.models or Path(temporary)
        models.mkdir(parents=True, exist_ok=True)
        prepared(models)
        for task, what in (
            ("translation", f"{len(SENTENCES)} sentences, 30 tokens out, beam 4"),
            ("summary", "one article of 650 tokens, 60 out, beam 4"),
        ):
            ours, theirs = (measured(f"{task}/{k}", models) for k in ("depesche", "transformers"))
            print(f"{task}: {what}")
            for who, figures in (("depesche, int8", ours), ("transformers, float32", theirs)):
                print(f"  {who:22} {figures['seconds']:7.2f} s  {figures['peak_mb']:6.0f} MB peak")
            print(f"  ratio {theirs['seconds'] / ours['seconds']:.1f}")


if __name__ == "__main__":
    main()
