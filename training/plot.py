"""The learning curve of a run."""

import json
from pathlib import Path


def plot(run: Path) -> Path:
    """Draw the losses and the dev BLEU over the target tokens seen; returns run/log.svg."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "depesche"  # the same log gives the same bytes
    from matplotlib import pyplot

    lines = (run / "log.jsonl").read_text(encoding="utf-8").splitlines()
    log = [json.loads(line) for line in lines]
    figure, left = pyplot.subplots(figsize=(7, 4), layout="constrained")
    right = left.twinx()
    for axes, key, label, style in (
        (left, "loss", "training loss", {"color": "tab:gray", "lw": 0.8}),
        (left, "dev_loss", "dev loss", {"color": "tab:blue", "marker": "o"}),
        (right, "dev_bleu", "dev BLEU (greedy)", {"color": "tab:orange", "marker": "o"}),
    ):
        points = [(entry["tokens"] / 1e6, entry[key]) for entry in log if key in entry]
        axes.plot(*zip(*points, strict=True), label=label, **style)
    left.set(xlabel="target tokens seen, millions", ylabel="loss, nats a token")
    right.set(ylabel="BLEU", ylim=(0, None))
    figure.legend(loc="outside upper center", ncols=3, frameon=False)
    figure.savefig(run / "log.svg", metadata={"Date": None})
    pyplot.close(figure)
    return run / "log.svg"
