"""The command for archives of articles: batch."""

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from depesche.cli import loading
from depesche.cli.console import ALL_WELL, INTERRUPTED, NOTHING_DONE, SOME_FAILED, complain
from depesche.cli.loading import Runtime
from depesche.cli.options import (
    Archive,
    BatchFormatOption,
    BatchOut,
    Beam,
    Bundled,
    Device,
    DeviceOption,
    DryRun,
    EngineName,
    EngineOption,
    Force,
    GlossaryOption,
    Limit,
    ModelOption,
    NoNames,
    Offline,
    RetryFailed,
    SummarizerOption,
    SummaryFile,
    Words,
)
from summarize import DEFAULT_WORDS  # costs next to nothing

if TYPE_CHECKING:
    from depesche.batch import Batch
    from depesche.export import Form


def batch(
    source: Archive,
    output: BatchOut,
    form: BatchFormatOption = None,
    model: ModelOption = None,
    summarizer: SummarizerOption = None,
    bundled: Bundled = False,
    device: DeviceOption = Device.auto,
    engine: EngineOption = EngineName.auto,
    beam: Beam = None,
    words: Words = DEFAULT_WORDS,
    glossary: GlossaryOption = None,
    no_names: NoNames = False,
    offline: Offline = False,
    force: Force = False,
    limit: Limit = None,
    retry_failed: RetryFailed = False,
    dry_run: DryRun = False,
    summary: SummaryFile = None,
) -> None:
    """Brief an archive of German articles; after a break, the same command goes on."""
    from depesche import archive
    from depesche.batch import Batch
    from depesche.pipeline import Pipeline
    from depesche.watch import forecast, shown, stopping
    from depesche.worker import Worker
    from translate import Translator

    articles = archive.Archive(source)
    archive.require_apart(source, output)
    runtime = Runtime(bundled, device, engine, offline)
    loaded = runtime.model(model)
    terms = loading.glossary(glossary, no_names)
    translator = Translator(loaded, beam=beam, glossary=terms)
    pipeline = Pipeline(translator, runtime.summarizer(summarizer), words=words, force=force)
    kind: Form = form.value if form else "jsonl" if output.suffix == ".jsonl" else "json"
    run = Batch(Worker(pipeline, kind), output, kind, limit=limit, retry_failed=retry_failed)
    if dry_run:
        print("\n".join(forecast(run.summary, run.estimate(articles))))
        return
    with (
        stopping(complain) as stop,
        shown(run.summary, lambda: articles.share, lambda: loaded.written),
    ):
        run.run(articles, stop)
    _report(run, output, loaded.written, summary)


def _report(run: "Batch", output: Path, tokens: int, file: Path | None) -> NoReturn:
    """Say what a batch has done, and exit accordingly."""
    import json

    from depesche.output import write
    from depesche.watch import closing

    done = run.summary
    if file:
        write(file, [json.dumps(done.record(tokens), indent=2) + "\n"])
    for line in closing(done, tokens, output):
        complain(line)
    if done.interrupted:
        raise typer.Exit(INTERRUPTED)
    if not done.before + done.done:
        raise typer.Exit(NOTHING_DONE)
    raise typer.Exit(SOME_FAILED if done.failures else ALL_WELL)
