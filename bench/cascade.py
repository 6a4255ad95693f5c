"""What the checks find and what the cascade mends: `python -m bench.cascade`.

Sentences of a test set are translated twice: as the model says them first, and with the cascade.
"""

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import sacrebleu

import seq2seq
from translate import Glossary
from translate.cascade import WEIGHTS, Cascade, Rendering
from translate.translator import LONGEST_RATIO, LONGEST_SOURCE

TEST = Path(__file__).parents[1].parent / "shared" / "corpus" / "test"


def table(before: Sequence[Rendering], after: Sequence[Rendering]) -> str:
    """Sentences with a finding of each kind, in a thousand."""
    rows = ["| finding | before | after |", "|---|---:|---:|"]
    for kind in WEIGHTS:
        counts = [
            1000 * sum(any(f.kind == kind for f in r.findings) for r in found) / len(found)
            for found in (before, after)
        ]
        rows.append(f"| {kind} | {counts[0]:.1f} | {counts[1]:.1f} |")
    return "\n".join(rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="mini")
    parser.add_argument("--sets", nargs="*", default=["newstest2019", "newstest2014", "flores-dev"])
    parser.add_argument("--limit", type=int, help="sentences of each set")
    options = parser.parse_args()
    model = seq2seq.load(options.model, device="cpu")
    decoding = replace(model.decoding, max_ratio=LONGEST_RATIO)
    longest = min(model.limit, LONGEST_SOURCE)
    for name in options.sets:
        german, english = (
            (TEST / f"{name}.{side}").read_text(encoding="utf-8").splitlines()[: options.limit]
            for side in ("de", "en")
        )
        results, seconds = [], []
        for retries in (False, True):
            cascade = Cascade(model, decoding, longest, Glossary.names(), retries=retries)
            start = time.perf_counter()
            results.append(cascade.render(german))
            seconds.append(time.perf_counter() - start)
        before, after = results
        bleu = [sacrebleu.corpus_bleu([r.text for r in rs], [english]).score for rs in results]
        print(f"\n{name}, {len(german)} sentences, {options.model}\n\n{table(before, after)}\n")
        print(f"BLEU {bleu[0]:.2f} before, {bleu[1]:.2f} after; ", end="")
        print(f"{seconds[1] / seconds[0]:.2f} times the time")
        failing = sum(bool(r.findings) for r in before)
        steps = Counter(r.step for r in after if r.step)
        print(f"{failing} sentences failed at first; mended or bettered by {dict(steps)}")


if __name__ == "__main__":
    main()
