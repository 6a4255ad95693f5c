"""The bundled model's quality, which only rises: `python -m bench.floors [--raise]`."""

import argparse
import json
import math
from pathlib import Path

from seq2seq import load
from training.evaluate import read_set, score

FLOORS = Path(__file__).with_name("floors.json")
SETS = Path(__file__).parents[1].parent / "shared" / "corpus" / "test"
LINES = 200
MARGIN = 0.2  # BLEU: another CPU rounds otherwise, and a few sentences come out differently


def measure(name: str = "mini") -> dict[str, float]:
    """BLEU, loops and empty outputs on the first lines of newstest2014, in the model's settings.

    In float32, which depends on the processor least.

    Raises:
        FileNotFoundError: newstest2014 is not where it is expected.
    """
    german, english = read_set(SETS, "newstest2014", LINES)
    model = load(name, device="cpu", compute_type="float32", offline=True)
    outputs = [found[0].text for found in model.generate(german, model.decoding)]
    found = score(outputs, english)
    bleu = found["bleu"]
    return {"newstest2014_first200_bleu": bleu, "loops": found["loops"], "empty": found["empty"]}


def below(figures: dict[str, float], floors: dict[str, float]) -> list[str]:
    """What is worse than its floor, in words: BLEU that is lower, counts that are higher."""
    return [
        f"{key} is {figures[key]:.2f}, pinned at {floor:.2f}"
        for key, floor in floors.items()
        if (figures[key] < floor if key.endswith("bleu") else figures[key] > floor)
    ]


def pinned(name: str = "mini") -> dict[str, float]:
    """The floors of a model; none if it has none yet."""
    floors: dict[str, dict[str, float]] = json.loads(FLOORS.read_text(encoding="utf-8"))
    return floors.get(name, {})


def raise_floors(figures: dict[str, float], name: str = "mini") -> None:
    """Pin these figures, BLEU less a margin.

    Raises:
        ValueError: one of them is worse than what is pinned; floors are never lowered.
    """
    worse = below(figures, pinned(name))
    if worse:
        raise ValueError(f"floors are never lowered: {'; '.join(worse)}")
    new = {
        key: max(math.floor((value - MARGIN) * 10) / 10, pinned(name).get(key, 0.0))
        if key.endswith("bleu")
        else value
        for key, value in figures.items()
    }
    floors = json.loads(FLOORS.read_text(encoding="utf-8")) | {name: new}
    temporary = FLOORS.with_suffix(".new")
    temporary.write_text(json.dumps(floors, indent=2) + "\n", encoding="utf-8")
    temporary.replace(FLOORS)


def main() -> None:
    """Measure, then check or raise."""
    parser = argparse.ArgumentParser(prog="python -m bench.floors", description=__doc__)
    parser.add_argument("--raise", action="store_true", dest="up", help="pin what is measured")
    args = parser.parse_args()
    figures = measure()
    print(json.dumps(figures, indent=2))
    try:
        if args.up:
            raise_floors(figures)
        elif worse := below(figures, pinned()):
            raise ValueError("; ".join(worse))
    except ValueError as error:
        parser.exit(1, f"floors: {error}\n")


if __name__ == "__main__":
    main()
