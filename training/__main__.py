"""`python -m training`: prepare, train, average, evaluate, export and plot a run."""

import argparse
import json
from pathlib import Path

from training.config import Config, load


def _prepare(config: Config, run: Path, _: argparse.Namespace) -> None:
    from training.prepare import prepare

    for name, count in prepare(config, run / "data").items():
        print(f"{count:>9,} pairs {name}")


def _train(config: Config, run: Path, args: argparse.Namespace) -> None:
    import torch

    from training.train import Trainer

    if args.threads:
        torch.set_num_threads(args.threads)
    print(Trainer(config, run).run(args.minutes))


def _average(_: Config, run: Path, args: argparse.Namespace) -> None:
    from training.export import average

    print("averaged", *average(run, args.last))


def _export(config: Config, run: Path, _: argparse.Namespace) -> None:
    from training.export import export

    export(config, run)


def _evaluate(config: Config, run: Path, args: argparse.Namespace) -> None:
    from training.card import write_card
    from training.evaluate import evaluate

    scores = evaluate(run / "model", run / "data", args.sets)
    (run / "scores.json").write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
    write_card(config, run)
    print(json.dumps(scores, indent=1))


def _plot(_: Config, run: Path, __: argparse.Namespace) -> None:
    from training.plot import plot

    plot(run)


_STEPS = {
    "prepare": (_prepare, "filter the text, train SentencePiece, write token ids to RUN/data"),
    "train": (_train, "train, or go on from the last checkpoint in RUN"),
    "average": (_average, "average the weights of checkpoints into RUN/average.safetensors"),
    "export": (_export, "write RUN/model, a directory that transformers and CTranslate2 load"),
    "evaluate": (_evaluate, "score RUN/model into RUN/scores.json, write its model card"),
    "plot": (_plot, "draw RUN/log.jsonl as RUN/log.svg"),
}


def main() -> None:
    """Read the command line and take one step of a run."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    for step, (_, summary) in _STEPS.items():
        command = steps.add_parser(step, help=summary, description=summary)
        command.add_argument("config", type=Path, help="the run's TOML file")
        command.add_argument("--run", type=Path, help="its folder (default: runs/NAME)")
    train, average, evaluate = (steps.choices[s] for s in ("train", "average", "evaluate"))
    train.add_argument("--minutes", type=float, default=float("inf"), help="stop, to be continued")
    train.add_argument("--threads", type=int, help="of the CPU (default: all)")
    average.add_argument(
        "--last", type=int, default=1, metavar="K", help="checkpoints (default: 1)"
    )
    names = ["newstest2014", "newstest2019", "flores-dev"]
    evaluate.add_argument("--sets", nargs="+", default=names, help=f"(default: {' '.join(names)})")
    args = parser.parse_args()
    run = args.run or Path("runs") / args.config.stem
    try:
        _STEPS[args.step][0](load(args.config), run, args)
    except (FileNotFoundError, ValueError) as error:
        parser.exit(1, f"training: {error}\n")


if __name__ == "__main__":
    main()
