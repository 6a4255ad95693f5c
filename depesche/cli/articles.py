"""The commands for single articles: brief, translate and summarize."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from depesche.cli import loading
from depesche.cli.console import ALL_WELL, NOTHING_DONE, SOME_FAILED, complain, put
from depesche.cli.loading import Runtime
from depesche.cli.options import (
    Beam,
    Bundled,
    Device,
    DeviceOption,
    EngineName,
    EngineOption,
    Force,
    ForceEnglish,
    FormatName,
    FormatOption,
    GlossaryOption,
    Inputs,
    ModelOption,
    NoNames,
    Offline,
    Out,
    SummarizerOption,
    Words,
)
from summarize import DEFAULT_WORDS  # costs next to nothing

if TYPE_CHECKING:
    from depesche.brief import Failure, Item
    from depesche.pipeline import Pipeline
    from depesche.render import Format

T = TypeVar("T")


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
    """Translate German articles and brief each of them in English."""

    def load() -> "Pipeline":
        from depesche.pipeline import Pipeline
        from translate import Translator

        runtime = Runtime(bundled, device, engine, offline)
        terms = loading.glossary(glossary, no_names)
        translator = Translator(runtime.model(model), beam=beam, glossary=terms)
        chosen = runtime.summarizer(summarizer, single=len(inputs) == 1)
        return Pipeline(translator, chosen, words=words, force=force)

    _run(inputs, output, form, load)


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

        runtime = Runtime(bundled, device, engine, offline)
        terms = loading.glossary(glossary, no_names)
        translator = Translator(runtime.model(model), beam=beam, glossary=terms)
        return Pipeline(translator, None, words=0, force=force)

    _run(inputs, output, form, load)


def summarize(
    inputs: Inputs,
    output: Out = None,
    form: FormatOption = None,
    summarizer: SummarizerOption = None,
    bundled: Bundled = False,
    device: DeviceOption = Device.auto,
    engine: EngineOption = EngineName.auto,
    words: Words = DEFAULT_WORDS,
    force: ForceEnglish = False,
    offline: Offline = False,
) -> None:
    """Make a short brief of English articles."""

    def load() -> "Pipeline":
        from depesche.pipeline import Pipeline

        runtime = Runtime(bundled, device, engine, offline)
        chosen = runtime.summarizer(summarizer, single=len(inputs) == 1)
        return Pipeline(None, chosen, words=words, force=force)

    _run(inputs, output, form, load)


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
    _require_apart(inputs, output)
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
        put(text)
    raise typer.Exit(SOME_FAILED if tally.failures else ALL_WELL)


def _require_apart(inputs: list[str], output: Path | None) -> None:
    """See that no input would be overwritten."""
    from depesche.brief import OutputError

    if output and output.is_file():
        for name in inputs:
            if os.path.exists(name) and output.samefile(name):  # noqa: PTH110 - or it may be a URL
                raise OutputError(f"{output} is an input: write to another place")


class _Tally:
    """Reports failures and counts them."""

    failures = 0

    def passed(self, results: "Iterable[T | Failure]") -> "Iterator[T]":
        """The results that are no failures."""
        from depesche.brief import Failure

        for result in results:
            if isinstance(result, Failure):
                self.failures += 1
                complain(f"{result.item.id}: {result.reason}")
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
