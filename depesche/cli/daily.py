"""The command for every morning: daily."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from depesche.cli import loading
from depesche.cli.console import ALL_WELL, NOTHING_DONE, SOME_FAILED, complain
from depesche.cli.loading import Runtime
from depesche.cli.options import (
    Beam,
    Bundled,
    Device,
    DeviceOption,
    EngineName,
    EngineOption,
    Force,
    GlossaryOption,
    ModelOption,
    NoNames,
    SummarizerOption,
)

if TYPE_CHECKING:
    from depesche.daily.config import Config
    from depesche.daily.news import Digest
    from depesche.daily.run import Order
    from depesche.pipeline import Pipeline

CONFIG = Path("depesche.toml")
OUTPUT = Path("daily")
WORDS = 45  # two or three sentences: a digest has many briefs

Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SOURCE",
        help="A feed (URL or file), an OPML list of feeds, a folder of articles or a .jsonl file "
        f"(default: those of {CONFIG}).",
        show_default=False,
    ),
]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FOLDER",
        help=f"Write the digests to this folder (default: {OUTPUT}).",
        show_default=False,
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help=f"Sources and settings (default: {CONFIG} if there is one and no source is named).",
        show_default=False,
    ),
]
Day = Annotated[
    str | None,
    typer.Option(
        "--date",
        metavar="DATE",
        help="Of which day: 2026-11-22, today or yesterday (default: today).",
        show_default=False,
    ),
]
Zone = Annotated[
    str | None,
    typer.Option(
        "--tz",
        metavar="ZONE",
        help="The reader's time zone (default: Europe/Berlin).",
        show_default=False,
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="LENGTH",
        help="Cover 24h, 90m or 2d instead of the calendar day.",
        show_default=False,
    ),
]
Most = Annotated[
    int | None,
    typer.Option(
        "--max", min=1, metavar="N", help="Show the N best stories only.", show_default=False
    ),
]
StateFile = Annotated[
    Path | None,
    typer.Option(
        "--state",
        metavar="FILE",
        help="What earlier runs have kept (default: FOLDER.state).",
        show_default=False,
    ),
]
AllowPrivate = Annotated[
    bool,
    typer.Option("--allow-private", help="Follow links of feeds to private addresses, too."),
]
WordsOption = Annotated[
    int | None,
    typer.Option(
        "--words",
        min=10,
        help=f"About how many words a brief has (default: {WORDS}).",
        show_default=False,
    ),
]
NoDownload = Annotated[bool, typer.Option("--offline", help="Download no models.")]
Email = Annotated[bool, typer.Option("--email", help="Write an .eml, ready to be sent, too.")]
TemplateFolder = Annotated[
    Path | None,
    typer.Option(
        "--template",
        metavar="FOLDER",
        help="Jinja templates that take the place of those of depesche.",
        show_default=False,
    ),
]
Check = Annotated[
    bool,
    typer.Option("--check", help="Only look whether a run would succeed, and write nothing."),
]


def daily(
    sources: Sources = None,
    output: Folder = None,
    config: ConfigFile = None,
    day: Day = None,
    zone: Zone = None,
    since: Since = None,
    most: Most = None,
    state: StateFile = None,
    allow_private: AllowPrivate = False,
    email: Email = False,
    template: TemplateFolder = None,
    check: Check = False,
    model: ModelOption = None,
    summarizer: SummarizerOption = None,
    bundled: Bundled = False,
    device: DeviceOption = Device.auto,
    engine: EngineOption = EngineName.auto,
    beam: Beam = None,
    words: WordsOption = None,
    glossary: GlossaryOption = None,
    no_names: NoNames = False,
    offline: NoDownload = False,
    force: Force = False,
) -> None:
    """Make the digest of a day in English: one short brief a story."""
    given = {
        "output": output,
        "state": state,
        "template": template,
        "glossary": glossary,
        "tz": zone,
        "since": since,
        "max": most,
        "words": words,
        "model": model or (loading.BUNDLED_MODEL if bundled else None),
        "summarizer": summarizer or (loading.BUNDLED_SUMMARIZER if bundled else None),
    }
    settings = _settings(sources or [], config, given)
    order = _order(settings, day, allow_private, email)
    terms = loading.glossary(settings.glossary, no_names)
    if check:
        _check(order, settings, offline or bundled)

    from depesche.pipeline import Pipeline
    from translate import Translator

    runtime = Runtime(bundled, device, engine, offline, deferred=True)
    translator = Translator(runtime.model(settings.model), beam=beam, glossary=terms)
    chosen = runtime.summarizer(settings.summarizer)
    pipeline = Pipeline(translator, chosen, words=settings.words or WORDS, force=force)
    _make(order, pipeline)


def _settings(names: list[str], file: Path | None, given: dict[str, Any]) -> "Config":
    """What the command line says and, where it does not, what the file does."""
    from depesche.brief import InputError
    from depesche.daily.config import Config, read, sources_of

    if not file and not names and CONFIG.is_file():
        file = CONFIG
    settings = read(file) if file else Config()
    if names:
        settings = replace(settings, sources=sources_of(names))
    if not settings.sources:
        raise InputError(
            f"no source: name feeds, folders or files, or list them in {file or CONFIG}"
        )
    return replace(settings, **{name: value for name, value in given.items() if value is not None})


def _order(settings: "Config", day: str | None, allow_private: bool, email: bool) -> "Order":
    from datetime import UTC, datetime

    from depesche.daily.run import Order
    from depesche.daily.window import DEFAULT_ZONE, window

    output = (settings.output or OUTPUT).resolve()
    return Order(
        window(
            datetime.now(UTC),
            day,
            DEFAULT_ZONE if settings.tz is None else settings.tz,
            settings.since,
        ),
        settings.sources,
        output,
        settings.state or output.with_name(f"{output.name}.state"),
        settings.categories,
        settings.max,
        allow_private,
        settings.title,
        settings.template,
        email,
    )


def _make(order: "Order", pipeline: "Pipeline") -> NoReturn:
    """Run, say what has come of it, and exit accordingly."""
    from depesche.daily.run import run
    from depesche.watch import followed

    with followed() as progress:
        digest = run(order, pipeline, *(progress or ()))
    for miss in digest.misses:
        complain(": ".join(filter(None, ("missing", miss.source, miss.title, miss.reason))))
    complain(_summary(digest, order))
    raise typer.Exit(SOME_FAILED if digest.misses else ALL_WELL)


def _summary(digest: "Digest", order: "Order") -> str:
    """What a digest has and lacks, and where it is, in a line."""
    entries = (*digest.entries, *digest.undated)
    counts = {
        "sources": len(order.sources),
        "articles": sum(digest.sources.values()),
        "stories": len(entries),
        "updates": sum(bool(entry.told) for entry in entries),
        "undated": len(digest.undated),
        "told before": len(digest.repeats),
        "left out by --max": digest.omitted,
        "missing": len(digest.misses),
    }
    always = ("sources", "articles", "stories")
    said = [f"{what}: {count:,}" for what, count in counts.items() if count or what in always]
    page = order.output / f"{digest.day}.html"
    shown = page.relative_to(Path.cwd()) if page.is_relative_to(Path.cwd()) else page
    return f"{shown} ({', '.join(said)})"


def _check(order: "Order", settings: "Config", offline: bool) -> NoReturn:
    """Say how a run would go, and exit as it would."""
    from depesche.daily.check import findings
    from depesche.safe import one_line, printable
    from summarize import DEFAULT_SUMMARIZER
    from translate import DEFAULT_MODEL

    models = [settings.model or DEFAULT_MODEL, settings.summarizer or DEFAULT_SUMMARIZER]
    code = ALL_WELL
    for found in findings(order, models, offline):
        print(f"{'--' if found.bad else 'ok'} {printable(one_line(found.text))}")
        code = max(code, NOTHING_DONE if found.fatal else SOME_FAILED if found.bad else ALL_WELL)
    raise typer.Exit(code)
