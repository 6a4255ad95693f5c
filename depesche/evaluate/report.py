"""What was measured, as JSON; and the same as a table and as a chart."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from depesche import __version__
from depesche.brief import InputError, OutputError
from depesche.evaluate.briefs import METRICS, BriefRun, rouge
from depesche.evaluate.scores import Score, Scores, averaged
from depesche.evaluate.systems import Run
from depesche.output import replacing, require_writable

CHARTS = (".svg", ".png")
Record = dict[str, Any]


@dataclass(frozen=True)
class Measured:
    """What a system goes by, its run, and the most memory it took, in bytes (None: unknown)."""

    name: str
    run: Run
    memory: int | None


def of_translations(
    measured: Sequence[Measured], scores: Scores, failures: Mapping[str, str]
) -> Record:
    """The figures of systems, as docs/evaluate.md describes them.

    Args:
        measured: at least one.
        scores: of them, in the same order.
        failures: why others could not be run, by name.
    """
    return {
        "depesche": __version__,
        "sentences": len(measured[0].run.translations),
        "signatures": scores.signatures,
        "systems": [
            _system(one, found, tokens)
            for one, found, tokens in zip(measured, scores.systems, scores.tokens, strict=True)
        ],
        "failures": [{"name": name, "reason": reason} for name, reason in failures.items()],
    }


def _system(measured: Measured, scores: Mapping[str, Score], tokens: int) -> Record:
    run = measured.run
    return {
        "name": measured.name,
        "recipe": run.recipe,
        **{metric: _score(score) for metric, score in scores.items()},
        "findings": run.findings,
        "seconds": {"loading": round(run.loading, 3), "translating": round(run.translating, 3)},
        "sentences_per_second": round(len(run.translations) / run.translating, 2),
        "tokens_per_second": round(tokens / run.translating, 1),
        "peak_memory_mb": _megabytes(measured.memory),
    }


def of_briefs(run: BriefRun, memory: int | None, summaries: Sequence[str]) -> Record:
    """The figures of a run of briefs, as docs/evaluate.md describes them."""
    kept = [i for i in range(len(summaries)) if i not in run.failures]
    leads, briefs = ([texts[i] for i in kept] for texts in (run.leads, run.briefs))
    people = [summaries[i] for i in kept]
    lead3, brief = rouge(leads, people), rouge(briefs, people)
    compared = {metric: averaged([lead3[metric], brief[metric]]) for metric in METRICS}
    lines = sum(map(len, run.briefs))
    return {
        "depesche": __version__,
        "examples": len(kept),
        "articles": run.articles,
        "recipe": run.recipe,
        "brief": {m: _score(found) for m, (_, found) in compared.items()} | _words(briefs),
        "lead3": {m: _score(found) for m, (found, _) in compared.items()} | _words(leads),
        "lines": lines,
        "unsupported_lines": run.unsupported,
        "unsupported_share": round(run.unsupported / lines, 4) if lines else 0.0,
        "seconds": {"loading": round(run.loading, 3), "briefing": round(run.briefing, 3)},
        "articles_per_second": round(run.articles / run.briefing, 2),
        "peak_memory_mb": _megabytes(memory),
        "failures": [{"example": i + 1, "reason": why} for i, why in run.failures.items()],
    }


def _words(texts: Sequence[Sequence[str]]) -> Record:
    words = sum(len(line.split()) for lines in texts for line in lines)
    return {"words": round(words / len(texts), 1)}


def _score(found: Score) -> Record:
    p = found.p if found.p is None else round(found.p, 4)
    low, high = round(found.low, 2), round(found.high, 2)
    return {"score": round(found.value, 2), "low": low, "high": high, "p": p}


def _megabytes(memory: int | None) -> int | None:
    return memory if memory is None else round(memory / 1e6)


# --- tables -------------------------------------------------------------------------------------

Row = Sequence[str]


def translations_table(record: Record) -> Iterator[str]:
    """A column for each system, in lines."""
    systems = record["systems"]
    rows: list[Row] = [["", *(system["name"] for system in systems)]]
    for metric, label in (("bleu", "BLEU"), ("chrf2", "chrF2")):
        rows += _score_rows(label, [system[metric] for system in systems])
    rows.append(["sentences with a finding:"])
    rows += [
        [f"  {kind}", *(f"{system['findings'][kind]:,}" for system in systems)]
        for kind in systems[0]["findings"]
    ]
    rows += [
        ["sentences a second", *(f"{s['sentences_per_second']:,.1f}" for s in systems)],
        ["tokens a second", *(f"{s['tokens_per_second']:,.0f}" for s in systems)],
        ["seconds of loading", *(f"{s['seconds']['loading']:.1f}" for s in systems)],
        ["peak memory, MB", *(_or_dash(s["peak_memory_mb"], ",") for s in systems)],
    ]
    yield f"{record['sentences']:,} sentences\n\n"
    yield from _table(rows)
    yield "\n"
    for metric, signature in record["signatures"].items():
        yield f"{metric} {signature}\n"
    if len(systems) > 1:
        yield f"p: against {systems[0]['name']}, by paired bootstrap\n"


def _score_rows(label: str, scores: Sequence[Record]) -> Iterator[Row]:
    yield [label, *(f"{score['score']:.2f}" for score in scores)]
    yield ["  95 %", *(f"{score['low']:.1f}–{score['high']:.1f}" for score in scores)]
    if len(scores) > 1:
        yield ["  p", *(_or_dash(score["p"], ".3f") for score in scores)]


def briefs_table(record: Record) -> Iterator[str]:
    """The briefs beside the leads, in lines."""
    both = [record["brief"], record["lead3"]]
    rows: list[Row] = [["", "brief", "lead-3"]]
    for metric, label in zip(METRICS, ("ROUGE-1", "ROUGE-2", "ROUGE-L"), strict=True):
        rows += _score_rows(label, [one[metric] for one in both])
    rows += [
        ["words", *(f"{one['words']:.1f}" for one in both)],
        ["lines", f"{record['lines']:,}"],
        ["  unsupported", f"{record['unsupported_share']:.1%}"],
        ["articles a second", f"{record['articles_per_second']:,.2f}"],
        ["seconds of loading", f"{record['seconds']['loading']:.1f}"],
        ["peak memory, MB", _or_dash(record["peak_memory_mb"], ",")],
    ]
    yield f"{record['examples']:,} summaries of {record['articles']:,} articles\n\n"
    yield from _table(rows)
    yield "\nROUGE: F1, stemmed, L by sentences; p: against lead-3, by paired bootstrap\n"
    yield "unsupported: a name, a number, a date or a quotation was not found in the article\n"


def _or_dash(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def _table(rows: Sequence[Row]) -> Iterator[str]:
    """Labels to the left, figures to the right."""
    widths = [max(len(row[i]) for row in rows if i < len(row)) for i in range(len(rows[0]))]
    for label, *cells in rows:
        figures = (f"  {cell:>{width}}" for cell, width in zip(cells, widths[1:], strict=False))
        yield f"{label:{widths[0]}}{''.join(figures)}".rstrip() + "\n"


# --- chart --------------------------------------------------------------------------------------


def require_chart(path: Path) -> None:
    """See that a chart could be drawn there.

    Raises:
        OutputError: its ending names no format of charts, or it cannot be written.
        InputError: matplotlib is not installed.
    """
    if path.suffix.lower() not in CHARTS:
        raise OutputError(f"{path} does not say its format: end it in {' or '.join(CHARTS)}")
    if not path.parent.is_dir():
        raise OutputError(f"cannot write {path}: there is no such folder")
    if path.is_dir():
        raise OutputError(f"cannot write {path}: it is a folder")
    require_writable(path.resolve().parent)
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise InputError(
            "charts are drawn by matplotlib, which is not installed: "
            "pip install 'depesche[evaluate]'"
        ) from None


def chart(record: Record, path: Path) -> None:
    """Draw quality against speed, a point a system; the same figures give the same bytes.

    Raises:
        OutputError: the file cannot be written.
    """
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogFormatter

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for system in record["systems"]:
        speed, bleu = system["sentences_per_second"], system["bleu"]
        point = (speed, bleu["score"])
        (mark,) = axes.plot(*point, "o")
        axes.vlines(speed, bleu["low"], bleu["high"], colors=mark.get_color())
        axes.annotate(
            system["name"], point, (6, 4), textcoords="offset points", fontsize=8, parse_math=False
        )
    axes.set(xlabel="sentences a second", ylabel="BLEU, with its 95 % interval", xscale="log")
    axes.xaxis.set_major_formatter(LogFormatter())  # 20 and 100 instead of powers of ten
    axes.xaxis.set_minor_formatter(LogFormatter())
    axes.margins(x=0.25)
    axes.grid(alpha=0.3)
    form = path.suffix.lower().removeprefix(".")
    fixed = {"Date": None} if form == "svg" else {"Software": None}
    with replacing(path) as beside, matplotlib.rc_context({"svg.hashsalt": "depesche"}):
        figure.savefig(beside, format=form, metadata=fixed)
