"""The command for archives of articles: batch."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer
from typer.core import TyperCommand

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
    GpusPerWorker,
    Limit,
    ModelOption,
    NoNames,
    Offline,
    Ray,
    RetryFailed,
    SummarizerOption,
    SummaryFile,
    Words,
)
from summarize import DEFAULT_WORDS  # costs next to nothing

if TYPE_CHECKING:
    from depesche import archive
    from depesche.batch import Batch, Workers
    from depesche.export import Form
    from depesche.worker import Worker

    # A worker, and what says how many tokens its model has written.
    Made = tuple[Worker, Callable[[], int]]


class BatchCommand(TyperCommand):
    """May be told to terminate, and lets --ray stand without its ADDRESS, which Typer cannot."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """See `TyperCommand`."""
        followers = [*args, "-"][1:]
        given = zip(args, followers, strict=False)
        # "local" is Ray's word for a cluster of this machine.
        args = ["--ray=local" if a == "--ray" and b.startswith("-") else a for a, b in given]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """See `TyperCommand`."""
        from depesche.watch import terminable

        with terminable():
            return super().invoke(ctx)


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
    ray: Ray = None,
    gpus_per_worker: GpusPerWorker = None,
) -> None:
    """Brief an archive of German articles. After a break, the same command goes on."""
    from depesche import archive
    from depesche.batch import Batch
    from depesche.brief import InputError
    from depesche.remote import placed
    from depesche.watch import shown, stopping

    if ray is None and gpus_per_worker is not None:
        raise InputError("--gpus-per-worker is for the workers of --ray")
    articles = archive.Archive(source)
    archive.require_apart(source, output)
    if summary:
        archive.require_apart(source, summary)
        archive.require_apart(output, summary)
    runtime = Runtime(bundled, device, engine, offline)
    terms = loading.glossary(glossary, no_names)
    kind: Form = form.value if form else _form(output)

    def build() -> "Made":
        from depesche.pipeline import Pipeline
        from depesche.worker import Worker
        from translate import Translator

        loaded = runtime.model(model)
        translator = Translator(loaded, beam=beam, glossary=terms)
        pipeline = Pipeline(translator, runtime.summarizer(summarizer), words=words, force=force)
        return Worker(pipeline, kind), lambda: loaded.written

    gpus = 0 if device == Device.cpu else gpus_per_worker
    with placed(output, kind) as place, _workers(ray, gpus, build) as (workers, written):
        run = Batch(
            workers, place.path, kind, limit=limit, retry_failed=retry_failed, keep=place.keep
        )
        if dry_run:
            _foretell(run, articles)
            return
        shows = shown(run.summary, lambda: run.share(articles.share), written)
        with stopping(complain) as stop, shows:
            run.run(articles, stop)
            if not run.summary.interrupted:
                place.publish()
    _report(run, place.failures, written(), summary)


def _foretell(run: "Batch", articles: "archive.Archive") -> None:
    """Say what a run would have to do."""
    from depesche.watch import forecast
    from seq2seq.progress import waiting

    with waiting("counting what there is to do"):
        expected = run.estimate(articles)
    print("\n".join(forecast(run.summary, expected)))


def _form(output: str) -> "Form":
    """What an output is that nobody gave the format of."""
    from depesche.brief import OutputError

    if output.endswith(".jsonl"):
        return "jsonl"
    if Path(output).suffix and not output.endswith("/") and not Path(output).is_dir():
        raise OutputError(
            f"{output} does not say its format: end it in .jsonl, or use --format, which for all "
            "but jsonl makes a folder"
        )
    return "json"


@contextlib.contextmanager
def _workers(
    ray: str | None, gpus: float | None, build: Callable[[], "Made"]
) -> "Iterator[tuple[Workers, Callable[[], int]]]":
    """Who does the work, here or on a cluster, and what says how many tokens they have written."""
    if ray is None:
        yield build()
        return

    from depesche.cluster import Cluster

    # Ray tells of every process that ends, on standard output.
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        contextlib.redirect_stdout(nowhere),
        Cluster(ray, gpus, build) as cluster,
    ):
        complain(f"{len(cluster)} worker{'s' * (len(cluster) != 1)} on the cluster")
        yield cluster, lambda: cluster.written


def _report(run: "Batch", failures: str, tokens: int, file: Path | None) -> NoReturn:
    """Say what a batch has done, and exit accordingly."""
    import json

    from depesche.output import write
    from depesche.watch import closing

    done = run.summary
    for line in closing(done, tokens, failures):
        complain(line)
    if file:
        write(file, [json.dumps(done.record(tokens), indent=2) + "\n"])
    if done.interrupted:
        raise typer.Exit(INTERRUPTED)
    if not done.before + done.done:
        raise typer.Exit(NOTHING_DONE)
    raise typer.Exit(SOME_FAILED if done.failures else ALL_WELL)
