"""The command for figures: evaluate."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from depesche.cli.console import ALL_WELL, NOTHING_DONE, SOME_FAILED, complain, put
from depesche.cli.loading import BUNDLED_MODEL, BUNDLED_SUMMARIZER
from depesche.cli.options import (
    Beam,
    BriefsFile,
    Bundled,
    Compare,
    Device,
    DeviceOption,
    EngineName,
    EngineOption,
    Json,
    ModelOption,
    MoreRecipes,
    Offline,
    Plot,
    Reference,
    Source,
    SummarizerOption,
    Words,
)
from summarize import DEFAULT_SUMMARIZER, DEFAULT_WORDS  # costs next to nothing

if TYPE_CHECKING:
    from depesche.evaluate.briefs import BriefRun
    from depesche.evaluate.report import Record
    from depesche.evaluate.systems import Run, System
    from depesche.evaluate.texts import Example


def evaluate(
    source: Source = None,
    reference: Reference = None,
    briefs: BriefsFile = None,
    compare: Compare = None,
    more: MoreRecipes = None,
    model: ModelOption = None,
    summarizer: SummarizerOption = None,
    bundled: Bundled = False,
    device: DeviceOption = Device.auto,
    engine: EngineOption = EngineName.auto,
    beam: Beam = None,
    words: Words = DEFAULT_WORDS,
    offline: Offline = False,
    as_json: Json = False,
    plot: Plot = None,
) -> None:
    """Measure quality, speed and memory on texts of your own."""
    from depesche.brief import InputError
    from depesche.evaluate.systems import System
    from translate import DEFAULT_MODEL

    system = System(
        model or (BUNDLED_MODEL if bundled else DEFAULT_MODEL),
        engine=engine.value,
        device=device.value,
        beam=beam,
        offline=offline or bundled,
    )
    recipes = [*(compare or ()), *(more or ())]
    if briefs and not (source or reference or recipes or plot):
        chosen = summarizer or (BUNDLED_SUMMARIZER if bundled else DEFAULT_SUMMARIZER)
        _briefs(briefs, system, chosen, words, as_json)
    elif source and reference and not briefs and (compare or not more):
        _translations(source, reference, _named(system, recipes), as_json, plot)
    else:
        raise InputError(
            "evaluate takes --source FILE --reference FILE, then --compare and --plot if you like; "
            "or --briefs FILE alone"
        )


def _named(system: "System", recipes: Iterable[str]) -> "list[tuple[str, System]]":
    """The system and what the recipes make of it, by name."""
    return [(system.model, system), *((r, system.changed(r)) for r in recipes)]


def _translations(
    source: Path,
    reference: Path,
    systems: "Sequence[tuple[str, System]]",
    as_json: bool,
    plot: Path | None,
) -> None:
    from depesche.brief import InputError
    from depesche.evaluate import report, texts
    from depesche.evaluate.apart import apart
    from depesche.evaluate.scores import require_sacrebleu, scored
    from depesche.evaluate.systems import require_models

    require_sacrebleu()
    if plot:
        report.require_chart(plot)
    german, english = texts.parallel(source, reference)
    require_models([system.model for _, system in systems], offline=systems[0][1].offline)
    measured: list[report.Measured] = []
    failures: dict[str, str] = {}
    for name, system in systems:
        try:
            measured.append(report.Measured(name, *apart(_run, system, german)))
        except InputError as error:
            reason = str(error).removeprefix(system.model).lstrip(" :/\\")  # the name has it
            failures[name] = reason
            complain(f"{name}: {reason}")
    if not measured:
        raise typer.Exit(NOTHING_DONE)
    scores = scored([one.run.translations for one in measured], english)
    record = report.of_translations(measured, scores, failures)
    _show(record, report.translations_table(record), as_json)
    if plot:
        report.chart(record, plot)
    raise typer.Exit(SOME_FAILED if failures else ALL_WELL)


def _briefs(file: Path, system: "System", summarizer: str, words: int, as_json: bool) -> None:
    from depesche.evaluate import report, texts
    from depesche.evaluate.apart import apart
    from depesche.evaluate.briefs import require_rouge
    from depesche.evaluate.systems import require_models

    require_rouge()
    examples = texts.examples(file)
    require_models([summarizer] if summarizer != "extract" else [], offline=system.offline)
    run, memory = apart(_brief, system, summarizer, words, examples)
    for index, reason in run.failures.items():
        complain(f"{file}: example {index + 1}: {reason}")
    if len(run.failures) == len(examples):
        raise typer.Exit(NOTHING_DONE)
    record = report.of_briefs(run, memory, [example.summary for example in examples])
    _show(record, report.briefs_table(record), as_json)
    raise typer.Exit(SOME_FAILED if run.failures else ALL_WELL)


def _show(record: "Record", table: Iterable[str], as_json: bool) -> None:
    put([json.dumps(record, ensure_ascii=False, indent=2) + "\n"] if as_json else table)


# In the other process, which shares the terminal.


def _run(system: "System", lines: Sequence[str]) -> "Run":
    from depesche.evaluate.systems import run
    from depesche.watch import counted

    with counted() as progress:
        return run(system, lines, progress)


def _brief(
    system: "System", summarizer: str, words: int, examples: "Sequence[Example]"
) -> "BriefRun":
    from depesche.evaluate.briefs import run
    from depesche.watch import counted

    with counted() as progress:
        return run(system, summarizer, words, examples, progress)
