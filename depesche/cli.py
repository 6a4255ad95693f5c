"""The command line: the only file that prints or exits."""

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer

from depesche import __version__
from depesche.options import (
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
    FormatName,
    FormatOption,
    GlossaryOption,
    Inputs,
    Limit,
    ModelOption,
    NoNames,
    Offline,
    Out,
    RetryFailed,
    SummarizerOption,
    SummaryFile,
    Words,
)
from summarize import DEFAULT_WORDS  # costs next to nothing

if TYPE_CHECKING:
    from depesche.batch import Batch
    from depesche.brief import Failure, Item
    from depesche.export import Form
    from depesche.pipeline import Pipeline
    from depesche.render import Format
    from seq2seq import Model
    from summarize import Summarizer
    from translate import Glossary

T = TypeVar("T")

ALL_WELL, SOME_FAILED, NOTHING_DONE, INTERRUPTED = 0, 1, 2, 130

app = typer.Typer(
    name="depesche",
    help="German news in, a short English brief out.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
models = typer.Typer(
    help="The models on this machine.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(models, name="models")

BUNDLED_MODEL = "mini"
BUNDLED_SUMMARIZER = "extract"


@app.callback(invoke_without_command=True)
def depesche(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """German news in, a short English brief out."""
    if version:
        print(f"depesche {__version__}")
        raise typer.Exit


@app.command()
def brief(
    inputs: Inputs,
    output: Out = None,
    form: FormatOption = None,
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
) -> None:
    """Translate German articles and make a short English brief of each."""

    def load() -> "Pipeline":
        from depesche.pipeline import Pipeline
        from translate import Translator

        loaded = _model(model, bundled, device, engine, offline)
        translator = Translator(loaded, beam=beam, glossary=_glossary(glossary, no_names))
        chosen = _summarizer(summarizer, bundled, device, engine, offline, len(inputs) == 1)
        return Pipeline(translator, chosen, words=words, force=force)

    _run(inputs, output, form, load)


@app.command()
def translate(
    inputs: Inputs,
    output: Out = None,
    form: FormatOption = None,
    model: ModelOption = None,
    bundled: Bundled = False,
    device: DeviceOption = Device.auto,
    engine: EngineOption = EngineName.auto,
    beam: Beam = None,
    glossary: GlossaryOption = None,
    no_names: NoNames = False,
    offline: Offline = False,
    force: Force = False,
) -> None:
    """Translate German articles into English."""

    def load() -> "Pipeline":
        from depesche.pipeline import Pipeline
        from translate import Translator

        loaded = _model(model, bundled, device, engine, offline)
        translator = Translator(loaded, beam=beam, glossary=_glossary(glossary, no_names))
        return Pipeline(translator, None, words=0, force=force)

    _run(inputs, output, form, load)


@app.command()
def summarize(
    inputs: Inputs,
    output: Out = None,
    form: FormatOption = None,
    summarizer: SummarizerOption = None,
    bundled: Bundled = False,
    device: DeviceOption = Device.auto,
    engine: EngineOption = EngineName.auto,
    words: Words = DEFAULT_WORDS,
    offline: Offline = False,
) -> None:
    """Make a short brief of English articles."""

    def load() -> "Pipeline":
        from depesche.pipeline import Pipeline

        chosen = _summarizer(summarizer, bundled, device, engine, offline, len(inputs) == 1)
        return Pipeline(None, chosen, words=words)

    _run(inputs, output, form, load)


@app.command()
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
    from translate import Translator

    articles = archive.Archive(source)
    archive.require_apart(source, output)
    loaded = _model(model, bundled, device, engine, offline)
    translator = Translator(loaded, beam=beam, glossary=_glossary(glossary, no_names))
    chosen = _summarizer(summarizer, bundled, device, engine, offline, False)
    pipeline = Pipeline(translator, chosen, words=words, force=force)
    kind: Form = form.value if form else "jsonl" if output.suffix == ".jsonl" else "json"
    run = Batch(pipeline, output, kind, limit=limit, retry_failed=retry_failed)
    if dry_run:
        print("\n".join(forecast(run.summary, run.estimate(articles))))
        return
    with (
        stopping(_complain) as stop,
        shown(run.summary, lambda: articles.share, lambda: loaded.written),
    ):
        run.run(articles, stop)
    _report(run, output, loaded.written, summary)


@models.command("list")
def models_list() -> None:
    """Show the models that work without a network, and what they take."""
    from seq2seq.store import list_models

    for entry in list_models():
        size = f"{entry.size / 1e6:,.0f} MB"
        print(f"{entry.name:40} {(entry.revision or '')[:12]:12} {size:>10}  {entry.where}")


@models.command("pull")
def models_pull(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="org/name, or org/name@revision.")
    ],
) -> None:
    """Download models, or bring them up to date."""
    from seq2seq.hub import find

    for name in names:
        snapshot = find(name, refresh=True)
        print(f"{snapshot.name} {snapshot.revision}")


@models.command("remove")
def models_remove(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="As models list shows them.")
    ],
) -> None:
    """Remove models from this machine, and what was converted from them."""
    from seq2seq.store import remove

    for name in names:
        remove(name)


@models.command("pack")
def models_pack(
    archive: Annotated[Path, typer.Argument(metavar="FILE", help="The archive to write.")],
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Models of this machine.")],
) -> None:
    """Put models into one archive, for a machine without network."""
    from seq2seq.store import pack

    pack(names, archive)


@models.command("unpack")
def models_unpack(
    archive: Annotated[Path, typer.Argument(metavar="FILE", help="What models pack wrote.")],
) -> None:
    """Take the models of an archive into this machine's cache."""
    from seq2seq.store import unpack

    for model in unpack(archive):
        print(f"{model.name} {model.revision}{'' if model.new else ' (was here already)'}")


def main() -> None:
    """Run the command line; what a user can cause is one line and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app()
    except KeyboardInterrupt:
        _complain("interrupted")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # the reader has seen enough, as `| head` does
        sys.stdout = None  # or it would be flushed once more
        sys.exit(0)
    except Exception as error:
        if not _is_users(error):
            raise
        _complain(str(error))
        sys.exit(NOTHING_DONE)


def _is_users(error: Exception) -> bool:
    """Whether a user can cause it; imported only now, because `--help` must not wait for it."""
    from depesche.brief import InputError, OutputError
    from seq2seq import ModelError
    from translate import GlossaryError

    return isinstance(error, (InputError, OutputError, ModelError, GlossaryError))


def _run(
    inputs: list[str],
    output: Path | None,
    form: FormatName | None,
    load: Callable[[], "Pipeline"],
) -> None:
    """Read, brief and write; models are loaded once there is something to read."""
    from depesche.output import write
    from depesche.render import render
    from depesche.watch import counted

    chosen = _format(output, form)
    tally = _Tally()
    items = _peeked(tally.passed(_read(inputs)))
    if items is None:
        raise typer.Exit(NOTHING_DONE)
    pipeline = load()
    with counted() as progress:
        briefs = _peeked(tally.passed(pipeline.briefs(items, progress)))
        if briefs is None:
            raise typer.Exit(NOTHING_DONE)
        text = render(briefs, chosen)
        if output:
            write(output, text)
        elif sys.stdout.isatty():
            text = iter(list(text))  # all of it before the bar goes, or they would mix
    if not output:
        _print(text)
    raise typer.Exit(SOME_FAILED if tally.failures else ALL_WELL)


def _print(text: Iterable[str]) -> None:
    from depesche.brief import OutputError

    try:
        sys.stdout.writelines(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        sys.stdout = None  # or it would be flushed once more
        raise OutputError(f"cannot write the output: {error.strerror}") from error


class _Tally:
    """Reports failures and counts them."""

    failures = 0

    def passed(self, results: "Iterable[T | Failure]") -> "Iterator[T]":
        """The results that are no failures."""
        from depesche.brief import Failure

        for result in results:
            if isinstance(result, Failure):
                self.failures += 1
                _complain(f"{result.item.id}: {result.reason}")
            else:
                yield result


def _peeked(results: "Iterator[T]") -> "Iterator[T] | None":
    """The same results, or None where there are none."""
    for first in results:
        return chain([first], results)
    return None


def _read(inputs: list[str]) -> "Iterator[Item | Failure]":
    from depesche.brief import Failure, InputError, Item
    from depesche.sources import read

    for name in inputs:
        try:
            yield read(name, sys.stdin.buffer)
        except InputError as error:
            yield Failure(Item(name, ""), str(error))


def _format(output: Path | None, form: FormatName | None) -> "Format":
    from depesche.output import format_of

    if form:
        return form.value
    if output:
        return format_of(output)
    return "text" if sys.stdout.isatty() else "txt"


def _model(
    model: str | None, bundled: bool, device: Device, engine: EngineName, offline: bool
) -> "Model":
    from seq2seq import load
    from translate import DEFAULT_MODEL

    return load(
        model or (BUNDLED_MODEL if bundled else DEFAULT_MODEL),
        device=device.value,
        engine=engine.value,
        offline=offline or bundled,
    )


def _glossary(file: Path | None, no_names: bool) -> "Glossary":
    from translate import Glossary

    names = Glossary([]) if no_names else Glossary.names()
    return Glossary.read(file) | names if file else names


def _summarizer(
    summarizer: str | None,
    bundled: bool,
    device: Device,
    engine: EngineName,
    offline: bool,
    single: bool,
) -> "Summarizer":
    from summarize import DEFAULT_SUMMARIZER, load

    name = summarizer or (BUNDLED_SUMMARIZER if bundled else DEFAULT_SUMMARIZER)
    return load(
        name,
        device=device.value,
        engine=engine.value,
        offline=offline or bundled,
        single=single,
    )


def _report(run: "Batch", output: Path, tokens: int, file: Path | None) -> NoReturn:
    """Say what a batch has done, and exit accordingly."""
    import json

    from depesche.output import write
    from depesche.watch import closing

    done = run.summary
    if file:
        write(file, [json.dumps(done.record(tokens), indent=2) + "\n"])
    for line in closing(done, tokens, output):
        _complain(line)
    if done.interrupted:
        raise typer.Exit(INTERRUPTED)
    if not done.before + done.done:
        raise typer.Exit(NOTHING_DONE)
    raise typer.Exit(SOME_FAILED if done.failures else ALL_WELL)


def _complain(message: str) -> None:
    print(f"depesche: {message}", file=sys.stderr)
