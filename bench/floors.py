"""What is never to get worse: `python -m bench.floors`, `--raise` after it got better.

`floors.json` pins the quality of the bundled models, of the finding of sentences and of the check
of briefs; a test fails below a floor. Figures come from the shared texts, where those are.
"""

import argparse
import json
import math
from collections.abc import Collection
from pathlib import Path
from statistics import fmean

from bench import faithfulness, segmentation
from depesche.check import unsupported
from depesche.evaluate import briefs, scores, systems, texts
from depesche.evaluate.systems import System
from training.evaluate import read_set

FLOORS = Path(__file__).with_name("floors.json")
SHARED = Path(__file__).parents[1].parent / "shared"
LINES = 200
# float32 depends on the processor least.
MINI = System("mini", engine="ctranslate2", device="cpu", compute="float32", offline=True)
COUNTS = ("loops", "empty")  # these are ceilings
# Another CPU rounds otherwise, and a few sentences come out differently.
MARGINS = {"bleu": 0.2, "chrf2": 0.2}

Figures = dict[str, float]


def measure() -> Figures:
    """All figures that have a floor, in a quarter of a minute of one core.

    Raises:
        FileNotFoundError: the shared texts are not where they are expected.
    """
    return translation() | brief() | sentences() | check()


def translation() -> Figures:
    """`mini` with all that depesche does to translate, on the first lines of newstest2014."""
    german, english = read_set(SHARED / "corpus" / "test", "newstest2014", LINES)
    run = systems.run(MINI, german)
    found = scores.scored([run.translations], english).systems[0]
    counts = {"loops": run.findings["loop"], "empty": run.findings["empty"]}
    return {metric: score.value for metric, score in found.items()} | counts


def brief() -> Figures:
    """`extract` on articles that it was trained on: no score to report, but one to watch."""
    examples = texts.examples(SHARED / "summaries" / "writers-dev.jsonl")
    run = briefs.run(MINI, "extract", 60, examples)
    rouge = briefs.rouge(run.briefs, [example.summary for example in examples])
    return {"extract_rouge2": fmean(rouge["rouge2"])}


def sentences() -> Figures:
    """Where German sentences end: boundary F1 on news, and hard items."""
    hard = segmentation.hard_items(SHARED)
    return {
        "segmentation_f1": segmentation.score(segmentation.news(SHARED)).f1,
        "segmentation_hard_items": sum(true == found for true, found in hard),
    }


def check() -> Figures:
    """How well unfaithful summaries are told from others, by people's labels."""
    found = faithfulness.score(unsupported, faithfulness.labelled("cnndm", SHARED))
    return {"faithfulness": found.balanced_accuracy}


def pinned() -> Figures:
    """The floors."""
    floors: Figures = json.loads(FLOORS.read_text(encoding="utf-8"))
    return floors


def below(figures: Figures, floors: Figures) -> list[str]:
    """What is worse than its floor, in words: scores that are lower, counts that are higher."""
    return [
        f"{name} is {figures[name]:.4g}, pinned at {floor:.4g}"
        for name, floor in floors.items()
        if (figures[name] > floor if name in COUNTS else figures[name] < floor)
    ]


def raised(figures: Figures, floors: Figures, lower: Collection[str] = ()) -> Figures:
    """Floors at these figures, less a margin where they may vary; none falls but those in `lower`.

    Raises:
        ValueError: a figure is worse than its floor, and it is not in `lower`.
    """
    kept = {name: floor for name, floor in floors.items() if name not in lower}
    if worse := below(figures, kept):
        raise ValueError(f"{'; '.join(worse)}; --lower NAME gives a floor up")
    return {name: _floor(name, value, kept.get(name)) for name, value in figures.items()}


def _floor(name: str, value: float, old: float | None) -> float:
    if name in COUNTS or isinstance(value, int):
        return value
    new = math.floor((value - MARGINS.get(name, 0.0)) * 10_000) / 10_000
    return new if old is None else max(new, old)


def main() -> None:
    """Measure, then check or raise."""
    parser = argparse.ArgumentParser(prog="python -m bench.floors", description=__doc__)
    parser.add_argument("--raise", action="store_true", dest="up", help="pin what is measured")
    parser.add_argument(
        "--lower",
        action="append",
        default=[],
        choices=list(pinned()),
        metavar="NAME",
        help="with --raise: pin this figure even where it is worse",
    )
    options = parser.parse_args()
    if not SHARED.is_dir():
        parser.exit(2, f"floors: the shared texts are not at {SHARED}\n")
    figures = measure()
    print(json.dumps(figures, indent=2))
    try:
        if options.up:
            floors = raised(figures, pinned(), options.lower)
            temporary = FLOORS.with_suffix(".new")
            temporary.write_text(json.dumps(floors, indent=2) + "\n", encoding="utf-8")
            temporary.replace(FLOORS)
        elif worse := below(figures, pinned()):
            raise ValueError("; ".join(worse))
    except ValueError as error:
        parser.exit(1, f"floors: {error}\n")


if __name__ == "__main__":
    main()
