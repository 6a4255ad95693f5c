"""depesche on a GPU, beside a transformers loop and beside what the GPU can do at most.

    python -m bench.gpu                                          # on a machine with a GPU
    python -m bench.gpu --device cpu --mini --sentences 24       # to see that it runs

Random weights of opus-mt's shape, `TOKENS` tokens for every sentence, so that a figure says how
fast tokens are made and not how many. The loop is a user's best: half precision, sorted by length,
at the batch size that is fastest here. The limits are those of the arithmetic and of the memory
traffic which the search cannot do without, at the rates that a large matrix product and a large
copy reach on the same device.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

import seq2seq
from bench import texts, weights
from seq2seq.hub import conversions_dir
from seq2seq.tokenizers import load_tokenizer
from seq2seq.torch_engine import CPU_BEAMS, CUDA_BEAMS

TOKENS = 30  # of a target, without its end
ARTICLE = 20  # sentences
SMALLEST_BATCH = 8
SAMPLE = 4  # batches that tell how fast a batch size is

Run = Callable[[Sequence[str]], None]


@dataclass(frozen=True)
class Machine:
    """A device, and what it reached."""

    name: str
    flops: float  # a second, in a matrix product
    bandwidth: float  # bytes a second, read and written by a copy


@dataclass(frozen=True)
class Figure:
    """How fast a contender was."""

    contender: str
    beam: int
    seconds: float
    tokens_per_second: float
    articles_per_second: float
    arithmetic: float  # the part of the time that the least arithmetic needs
    traffic: float  # and the least memory traffic
    batch: int | None = None  # of the loop


def machine(device: torch.device, dtype: torch.dtype) -> Machine:
    """Measure the device."""
    cuda = device.type == "cuda"
    size = 8192 if cuda else 1024
    matrix = torch.randn(size, size, device=device).to(dtype)
    block = torch.ones(1 << (30 if cuda else 26), dtype=torch.uint8, device=device)
    target = torch.empty_like(block)
    return Machine(
        torch.cuda.get_device_name(device) if cuda else "CPU",
        2 * size**3 / _fastest(lambda: matrix @ matrix, device),
        2 * block.nbytes / _fastest(lambda: target.copy_(block), device),
    )


def least(config: dict[str, Any], lengths: list[int], beam: int, rows: int, item: int) -> Any:
    """The floating point operations, and the bytes read and written, that a search must do.

    Args:
        config: of the model.
        lengths: tokens of each source.
        beam: beams of a source.
        rows: beams of a batch, for which the weights are read once a step.
        item: bytes of a number.
    """
    width, inner, layers = config["d_model"], config["decoder_ffn_dim"], config["decoder_layers"]
    vocabulary, steps, past = config["vocab_size"], TOKENS + 1, (TOKENS + 2) / 2
    encoder = 4 * width**2 + 2 * width * config["encoder_ffn_dim"]
    decoder = layers * (6 * width**2 + 2 * width * inner) + width * vocabulary
    flops = traffic = 0.0
    for length in lengths:
        read = encoder + 2 * width * length  # attention
        flops += 2 * length * (config["encoder_layers"] * read + layers * 2 * width**2)
        attention = layers * 2 * width * (length + past)
        flops += 2 * steps * beam * (decoder + attention)
        kept = layers * 2 * width * (length + beam * past)
        logits = 2 * beam * vocabulary  # written and read
        traffic += steps * item * (kept + logits + beam / rows * decoder)
    return flops, traffic


def transformers_loop(
    path: Path, device: torch.device, dtype: torch.dtype, beam: int
) -> Callable[[int], Run]:
    """For a batch size: what a user would write."""
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, logging

    logging.set_verbosity_error()
    tokenizer = AutoTokenizer.from_pretrained(str(path))
    model = AutoModelForSeq2SeqLM.from_pretrained(str(path), dtype=dtype).to(device).eval()

    def of_size(batch: int) -> Run:
        def run(sentences: Sequence[str]) -> None:
            order = sorted(sentences, key=len, reverse=True)
            for start in range(0, len(order), batch):
                inputs = tokenizer(order[start : start + batch], return_tensors="pt", padding=True)
                with torch.inference_mode():
                    ids = model.generate(
                        **inputs.to(device),
                        num_beams=beam,
                        early_stopping=True,
                        min_new_tokens=TOKENS + 1,
                        max_new_tokens=TOKENS + 1,
                    )
                tokenizer.batch_decode(ids, skip_special_tokens=True)

        return run

    return of_size


def best_batch(of_size: Callable[[int], Run], sentences: Sequence[str]) -> int:
    """The fastest batch size, doubled as long as that helps and fits."""
    order = sorted(sentences, key=len)
    best, most, size = SMALLEST_BATCH, 0.0, SMALLEST_BATCH
    while size <= len(order):
        count = min(SAMPLE * size, len(order))
        sample = order[:: len(order) // count]
        try:
            of_size(size)(sample[:size])
            speed = len(sample) / _timed(of_size(size), sample)
        except torch.OutOfMemoryError:
            torch.cuda.empty_cache()
            break
        if speed < 0.9 * most:
            break
        if speed > most:
            best, most = size, speed
        size *= 2
    return best


def ours(path: Path, engine: str, device: str, compute_type: str, beam: int) -> Run:
    """One of depesche's engines."""
    model = seq2seq.load(
        str(path), engine=engine, device=device, compute_type=compute_type, offline=True
    )
    decoding = seq2seq.Decoding(beam=beam, min_tokens=TOKENS, max_tokens=TOKENS)

    def run(sentences: Sequence[str]) -> None:
        model.generate(sentences, decoding)

    return run


def figures(path: Path, device: str, compute_type: str, sentences: list[str]) -> dict[str, Any]:
    """All figures of one device."""
    place, dtype = torch.device(device), getattr(torch, compute_type)
    config = json.loads((path / "config.json").read_text(encoding="utf-8"))
    tokenizer = load_tokenizer(path, config)
    config["vocab_size"] = len(tokenizer.targets())  # nothing else has to be looked at
    lengths = [len(source) for source in tokenizer.encode(sentences)]
    reached = machine(place, dtype)
    found: list[Figure] = []
    missing: dict[str, str] = {}

    def add(contender: str, beam: int, run: Run, batch: int | None = None) -> None:
        run(sentences[:: max(1, len(sentences) // 512)])  # to warm up
        seconds = _timed(run, sentences)
        rows = CUDA_BEAMS if place.type == "cuda" else CPU_BEAMS
        flops, traffic = least(config, lengths, beam, rows, dtype.itemsize)
        figure = Figure(
            contender,
            beam,
            seconds,
            len(sentences) * TOKENS / seconds,
            len(sentences) / ARTICLE / seconds,
            flops / reached.flops / seconds,
            traffic / reached.bandwidth / seconds,
            batch,
        )
        found.append(figure)
        print(_line(figure), flush=True)

    print(f"{reached.name}: {reached.flops:.3g} flop/s, {reached.bandwidth:.3g} bytes/s, measured")
    print(f"{len(sentences)} sentences, {sum(lengths)} tokens, {compute_type}")
    for beam in (4, 1):
        for engine in ("torch", "ctranslate2"):
            try:
                run = ours(path, engine, device, compute_type, beam)
            except seq2seq.ModelError as error:
                missing[engine] = str(error)
                print(f"  {engine}: {error}")
                continue
            add(engine, beam, run)
        of_size = transformers_loop(path, place, dtype, beam)
        batch = best_batch(of_size, sentences)
        add("transformers loop", beam, of_size(batch), batch)
    return {
        "machine": asdict(reached),
        "compute_type": compute_type,
        "sentences": len(sentences),
        "figures": [asdict(figure) for figure in found],
        "missing": missing,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--compute-type", help="default: float16, on a CPU float32")
    parser.add_argument("--sentences", type=int, default=4096)
    parser.add_argument("--mini", action="store_true", help="the bundled model in opus-mt's place")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here, too")
    options = parser.parse_args()
    cache = conversions_dir().parent / "bench"
    path = weights.MINI if options.mini else weights.made(cache, "opus-mt", weights.opus_mt)
    compute_type = options.compute_type or ("float32" if options.device == "cpu" else "float16")
    made = figures(path, options.device, compute_type, texts.sentences(options.sentences))
    if options.json:
        options.json.write_text(json.dumps(made, indent=1), encoding="utf-8")


def _line(figure: Figure) -> str:
    batch = f", batches of {figure.batch}" if figure.batch else ""
    return (
        f"  {figure.contender}, beam {figure.beam}: {figure.tokens_per_second:,.0f} tokens/s, "
        f"{figure.articles_per_second:,.1f} articles/s; at {figure.arithmetic:.1%} of the "
        f"arithmetic and {figure.traffic:.1%} of the memory traffic possible{batch}"
    )


def _timed(run: Run, sentences: Sequence[str]) -> float:
    """Seconds; every run ends with its results on the host."""
    start = time.perf_counter()
    run(sentences)
    return time.perf_counter() - start


def _fastest(work: Callable[[], object], device: torch.device) -> float:
    """Seconds of the fastest of ten runs, after three."""
    times = []
    for _ in range(13):
        start = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - start)
    return min(times[3:])


if __name__ == "__main__":
    main()
