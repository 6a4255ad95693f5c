"""The plots of the benchmarks' page, as small SVG files."""

from pathlib import Path
from typing import Any

from bench import peers

GROWTH, BEAMS = "benchmarks-growth.svg", "benchmarks-beams.svg"
COLORS = dict(
    zip(
        (contender.name for contender in peers.ALL),
        ("tab:red", "tab:orange", "black", "tab:green", "tab:purple", "tab:blue", "tab:cyan"),
        strict=True,
    )
)


def draw(figures: dict[str, Any], folder: Path) -> list[str]:
    """Draw what there are figures for; returns the names of the files."""
    import matplotlib

    matplotlib.use("svg")
    # Text stays text, and the same figures give the same bytes.
    matplotlib.rcParams |= {"svg.hashsalt": "depesche", "svg.fonttype": "none", "font.size": 9}
    drawn = []
    if figures.get("mini"):
        _growth(figures["mini"]["contenders"], folder / GROWTH)
        drawn.append(GROWTH)
    if figures.get("beams"):
        _beams(figures["beams"], folder / BEAMS)
        drawn.append(BEAMS)
    return drawn


def _growth(contenders: dict[str, Any], path: Path) -> None:
    """Speed, the first translation and memory over the number of sentences."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 3, figsize=(10, 4), layout="constrained")
    for name, found in contenders.items():
        rows = found["sizes"]
        sizes = [row["sentences"] for row in rows]
        for plot, values in zip(
            axes,
            (
                [row["sentences"] / row["seconds"] for row in rows],
                [row["first"] for row in rows],
                [row["peak_mb"] for row in rows],
            ),
            strict=True,
        ):
            style = {"color": COLORS.get(name), "marker": "o", "markersize": 3, "linewidth": 1.2}
            plot.loglog(sizes, values, label=name if plot is axes[0] else None, **style)
    sizes = sorted({row["sentences"] for found in contenders.values() for row in found["sizes"]})
    for plot, title in zip(
        axes,
        ("sentences a second", "seconds to the first translation", "peak memory, MB"),
        strict=True,
    ):
        plot.set(xlabel="sentences", title=title)
        plot.grid(alpha=0.3)
        plot.minorticks_off()
        plot.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes[2].set_yscale("linear")
    axes[2].set_ylim(0, None)
    figure.legend(loc="outside lower center", ncols=4, frameon=False)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _beams(rows: list[dict[str, Any]], path: Path) -> None:
    """Quality over speed, a line for each way to run the model and a point for each beam."""
    from matplotlib import pyplot

    figure, plot = pyplot.subplots(figsize=(6, 4), layout="constrained")
    for who, compute_type in dict.fromkeys((row["who"], row["compute_type"]) for row in rows):
        own = [row for row in rows if (row["who"], row["compute_type"]) == (who, compute_type)]
        points = [(row["sentences"] / row["seconds"], row["bleu"]) for row in own]
        plot.plot(*zip(*points, strict=True), marker="o", label=f"{who}, {compute_type}")
        for row, point in zip(own, points, strict=True):
            plot.annotate(str(row["beam"]), point, (0, 5), textcoords="offset points")
    plot.set(xscale="log", xlabel="sentences a second", ylabel="BLEU", title="beam 1 to 6")
    plot.grid(alpha=0.3)
    figure.legend(loc="outside lower center", frameon=False)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
