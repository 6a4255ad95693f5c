"""The page of the benchmarks, made of their figures: `python -m bench.report benchmarks.json`."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import peers, plots
from depesche import output

PAGE, FIGURES = "benchmarks.md", "benchmarks.json"
BETTER = 1.05  # a twentieth is noise
NOISY = 0.1  # of the cores, taken by other work
OURS = (peers.DEPESCHE.name, peers.UNCHECKED.name, peers.PORTABLE.name)

WHAT = {
    peers.DEPESCHE: "the translator: every sentence is checked, and tried again where it fails",
    peers.UNCHECKED: "the model behind it, without the checks",
    peers.DIRECT: "used directly on what its own converter makes, in int8, all in one call",
    peers.ARGOS: "the package, with a model package of these weights, in int8; a call a sentence",
    peers.EASYNMT: "the package, with the class behind its `opus-mt`, in float32; one call",
    peers.SORTED: "a loop in float32, sorted by length, 32 sentences a batch",
    peers.ONE_BY_ONE: "a loop in float32, a sentence at a time",
}


@dataclass(frozen=True)
class Comparison:
    """One measure of several contenders."""

    what: str
    values: dict[str, float]
    more_is_better: bool = False

    @property
    def own(self) -> str | None:
        """Which of ours has a value."""
        return next((name for name in OURS if self.values.get(name)), None)

    @property
    def better(self) -> list[str]:
        """Who is clearly better than ours, best first."""
        own = self.values[self.own] if self.own else 0.0
        ratio = {
            name: value / own if self.more_is_better else own / value
            for name, value in self.values.items()
            if name not in OURS and own and value
        }
        return sorted((name for name in ratio if ratio[name] > BETTER), key=lambda n: -ratio[n])


def comparisons(figures: dict[str, Any]) -> Iterator[Comparison]:
    """Every measure in which depesche has company."""
    mini = figures.get("mini", {}).get("contenders", {})
    yield Comparison("start-up and one sentence, s", _each(mini, "startup"))
    yield Comparison("start-up and an article, s", _each(mini, "article"))
    sizes = {row["sentences"] for found in mini.values() for row in found["sizes"]}
    for size in sorted(sizes):
        rows = {name: _row(found["sizes"], size) for name, found in mini.items()}
        rows = {name: row for name, row in rows.items() if row}
        many = "1 sentence" if size == 1 else f"{size:,} sentences"
        yield Comparison(f"{many}, s", _each(rows, "seconds"))
        yield Comparison(f"{many}, first translation, s", _each(rows, "first"))
        yield Comparison(f"{many}, peak memory, MB", _each(rows, "peak_mb"))
    tests = figures.get("mini", {}).get("test", {}).get("rows", {})
    scored = {name: tests[name] for name in mini if "bleu" in tests[name]}
    yield Comparison("BLEU", _each(scored, "bleu"), more_is_better=True)
    for part, what in (
        ("opus_mt", "opus-mt's shape"),
        ("briefs", "a brief, distilbart's shape"),
        ("chain", "article and brief, both shapes"),
    ):
        found = figures.get(part, {})
        paces = {n: row["seconds"] / row.get("sentences", 1) for n, row in found.items()}
        yield Comparison(f"{what}, {'s a sentence' if part == 'opus_mt' else 's'}", paces)
        yield Comparison(f"{what}, peak memory, MB", _each(found, "peak_mb"))


def page(figures: dict[str, Any], drawn: Sequence[str]) -> str:
    """The page, in Markdown."""
    parts = (
        _head(figures),
        _losses(figures),
        _mini(figures, plots.GROWTH in drawn),
        _agreement(figures),
        _beams(figures, plots.BEAMS in drawn),
        _shapes(figures),
        _failures(figures),
        _notes(),
    )
    return "\n\n".join(line for part in parts for line in part) + "\n"


def write(figures: dict[str, Any], folder: Path) -> None:
    """Write the figures, the plots and the page into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    output.write(folder / FIGURES, [json.dumps(figures, indent=1) + "\n"])
    output.write(folder / PAGE, [page(figures, plots.draw(figures, folder))])


def _head(figures: dict[str, Any]) -> Iterator[str]:
    machine, others = figures["machine"], figures["others"]
    yield "# depesche beside its peers"
    yield (
        f"Made by `make bench` on {figures['date']}, not by hand: depesche {figures['depesche']}, "
        f"{machine['cores']} cores of {machine['cpu']}, {machine['memory_gb']} GB, "
        f"{machine['system']}, Python {machine['python']}. It took {figures['minutes']} minutes"
        f"{f', and other work took {others:.0%} of the cores' if others is not None else ''}. "
        f"The figures are in [{FIGURES}]({FIGURES})."
    )
    if figures["quick"]:
        yield "**A quick run: too few sentences and rounds to quote.**"
    if others is not None and others > NOISY:
        yield "**The machine was not quiet: the figures show other work, too.**"
    rows = []
    for contender, what in WHAT.items():
        versions = figures["versions"].get(contender.name, {})
        listed = ", ".join(f"{name} {version}" for name, version in versions.items())
        rows.append([contender.name, what, listed or "did not run"])
    yield (
        "All on the same weights, each in a process of its own, one after the other. depesche's "
        f"int8 ran on its {machine['engine']} engine here, its float32 on CTranslate2."
    )
    yield _table(["contender", "what it is", "versions"], rows)


def _losses(figures: dict[str, Any]) -> Iterator[str]:
    yield "## Where depesche loses"
    rows = []
    for one in comparisons(figures):
        if one.own and one.better:
            better = ", ".join(f"{name} {_number(one.values[name])}" for name in one.better)
            rows.append([one.what, f"{one.own} {_number(one.values[one.own])}", better])
    if rows:
        yield "Every measure in which somebody is better by more than a twentieth:"
        yield _table(["measure", "ours", "better"], rows)
    else:
        yield "In no measure is anybody better by more than a twentieth."


def _mini(figures: dict[str, Any], is_drawn: bool) -> Iterator[str]:
    found = figures.get("mini", {}).get("contenders", {})
    if not found:
        return
    yield "## From one sentence to ten thousand"
    yield (
        "The bundled model `mini`, beam 4. Start-up is the time from the start of a process to the "
        "first sentence in English; the article is that and an article of news after it. A dash: "
        "the run would have taken too long, as the one before it shows."
    )
    if is_drawn:
        yield f"![Speed, first translation and memory by number of sentences]({plots.GROWTH})"
    command = figures.get("command")
    rows = [[n, _number(f["startup"]), _number(f["article"])] for n, f in found.items()]
    yield _table(["", "start-up, s", "start-up and article, s"], rows)
    if command:
        yield (
            "`depesche brief --bundled` on this article takes "
            f"{_number(command)} s, with its reading, its brief and the checks of both."
        )
    sizes = sorted({row["sentences"] for f in found.values() for row in f["sizes"]})
    for title, key in (
        ("Seconds", "seconds"),
        ("Seconds to the first translation", "first"),
        ("Peak memory so far, MB", "peak_mb"),
    ):
        rows = []
        for name, f in found.items():
            own = [_row(f["sizes"], size) for size in sizes]
            rows.append([name, *(_number(row[key]) if row else "–" for row in own)])
        yield _table([title, *(f"{size:,}" for size in sizes)], rows)


def _agreement(figures: dict[str, Any]) -> Iterator[str]:
    mini = figures.get("mini", {})
    if not mini:
        return
    name = mini["test"]["set"]
    count = mini["test"]["sentences"]
    given = f"the first {count} sentences of {name}" if name else f"{count} of our own sentences"
    yield "## Do they say the same?"
    yield (
        f"On {given}, beside `{peers.ONE_BY_ONE.name}`: how many translations are the same, letter "
        "for letter, and chrF between the two. depesche's checks change what fails them; int8 "
        "rounds, so the last rows have float32; Argos fixes the length penalty at 0.2 and has no "
        "rule against repetition, where `mini` brings its own."
    )
    rows = []
    for who, test in mini["test"]["rows"].items():
        same = f"{test['same']:.0%}" if "same" in test else "–"
        alike = _number(test["likeness"]) if "likeness" in test else "–"
        scores = [f"{test[k]:.1f}" if k in test else "–" for k in ("bleu", "chrf")]
        rows.append([who, same, alike, *scores, _number(count / test["seconds"])])
    yield _table(["", "same", "chrF between", "BLEU", "chrF", "sentences a second"], rows)


def _beams(figures: dict[str, Any], is_drawn: bool) -> Iterator[str]:
    rows = figures.get("beams")
    if not rows:
        return
    yield "## int8 beside float32, and the beam"
    yield f"`mini` on the first {rows[0]['sentences']} sentences of newstest2019."
    if is_drawn:
        yield f"![BLEU and speed by beam]({plots.BEAMS})"
    yield _table(
        ["", "type", "beam", "BLEU", "chrF", "sentences a second"],
        [
            [
                row["who"],
                row["compute_type"],
                str(row["beam"]),
                f"{row['bleu']:.2f}",
                f"{row['chrf']:.2f}",
                _number(row["sentences"] / row["seconds"]),
            ]
            for row in rows
        ],
    )


def _shapes(figures: dict[str, Any]) -> Iterator[str]:
    yield "## The published models' shapes"
    yield (
        "Random weights in the shape of `opus-mt-de-en` (74 M parameters) and of "
        "`distilbart-cnn-12-6` (306 M), beam 4: a translation has 30 tokens, whoever makes it, and "
        "a brief 60, from an article of 650. What random weights say is noise, so depesche's "
        "checks are left out. Where a contender is slow it had fewer sentences. On CTranslate2 "
        "depesche runs where its native engine cannot: without AVX-512 VNNI, or a compiler."
    )
    if found := figures.get("opus_mt"):
        rows = [
            [n, str(f["sentences"]), _number(f["sentences"] / f["seconds"]), _number(f["peak_mb"])]
            for n, f in found.items()
        ]
        yield _table(["opus-mt's shape", "sentences", "a second", "peak memory, MB"], rows)
    for part, title in (
        ("briefs", "a brief, distilbart's shape"),
        ("chain", "start-up, an article and its brief, both shapes"),
    ):
        if found := figures.get(part):
            rows = [[n, _number(f["seconds"]), _number(f["peak_mb"])] for n, f in found.items()]
            yield _table([title, "seconds", "peak memory, MB"], rows)


def _failures(figures: dict[str, Any]) -> Iterator[str]:
    if figures["failures"]:
        yield "## What failed"
        yield _table(["what", "why"], [[w, f"`{why}`"] for w, why in figures["failures"].items()])


def _notes() -> Iterator[str]:
    yield "## How"
    yield (
        "- The sentences are those of the project's samples, each with another place and day "
        "before it: no two are alike, so no cache helps. Every contender gets them as a list and "
        "nobody splits them: EasyNMT and Argos Translate would download what they split with. "
        "EasyNMT is told the language, or it would download a model for that, too. Otherwise both "
        "run as they are installed, with the beam of the others.\n"
        "- transformers and EasyNMT are told to end a search as CTranslate2 does "
        "(`early_stopping`); what `mini` says of length and repetition holds for all but Argos.\n"
        "- Lengths are forced by the settings of the search. EasyNMT passes them on; Argos has "
        "none, so they are set where it calls CTranslate2.\n"
        "- Cores are used as each does by itself; CTranslate2, used directly, has a worker a core. "
        "Up to 10 sentences a figure is the median of three runs. Memory is the most that the "
        "process has held.\n"
        "- Where newstest2019 is not beside the checkout, there is no BLEU, and beams are left out."
    )


def _each(found: dict[str, Any], key: str) -> dict[str, float]:
    return {name: figures[key] for name, figures in found.items()}


def _row(rows: Iterable[dict[str, float]], size: int) -> dict[str, float] | None:
    return next((row for row in rows if row["sentences"] == size), None)


def _number(value: float) -> str:
    """Three digits, or all before the point."""
    digits = 3 if value < 1 else 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{digits}f}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    cells = [[" ".join(cell.replace("|", "\\|").split()) for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


if __name__ == "__main__":
    made = Path(sys.argv[1])
    write(json.loads(made.read_text(encoding="utf-8")), made.parent)
