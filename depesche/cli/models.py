"""The commands for models: list, pull, remove, pack and unpack."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from depesche.cli.console import ALL_WELL, NOTHING_DONE, SOME_FAILED, complain

app = typer.Typer(help="The models on this machine.", rich_markup_mode=None)


@app.command("list")
def list_() -> None:
    """Show the models that work without a network, and what they take."""
    from seq2seq.store import list_models

    entries = list_models()
    width = max(len(entry.name) for entry in entries)
    for entry in entries:
        size = f"{entry.size / 1e6:,.0f} MB"
        print(f"{entry.name:{width}}  {(entry.revision or '')[:12]:12} {size:>9}  {entry.where}")


@app.command("pull")
def pull(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME", help="org/name, or org/name@revision.")
    ],
) -> None:
    """Download models, or bring them up to date."""
    from seq2seq.hub import find

    def pull(name: str) -> None:
        snapshot = find(name, refresh=True)
        print(f"{snapshot.name} {snapshot.revision}", flush=True)

    _each(names, pull)


@app.command("remove")
def remove(
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="As models list shows them.")],
) -> None:
    """Remove models from this machine, and what was converted from them."""
    from seq2seq.store import remove

    _each(names, remove)


def _each(names: list[str], do: Callable[[str], None]) -> NoReturn:
    """Do it for every name, whatever becomes of the others, and exit accordingly."""
    from seq2seq import ModelError

    failures = 0
    for name in names:
        try:
            do(name)
        except ModelError as error:
            failures += 1
            complain(str(error))
    if failures == len(names):
        raise typer.Exit(NOTHING_DONE)
    raise typer.Exit(SOME_FAILED if failures else ALL_WELL)


@app.command("pack")
def pack(
    archive: Annotated[Path, typer.Argument(metavar="FILE", help="The archive to write.")],
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="Models of this machine.")],
) -> None:
    """Put models into one archive, for a machine without network."""
    from seq2seq.store import pack

    pack(names, archive)


@app.command("unpack")
def unpack(
    archive: Annotated[Path, typer.Argument(metavar="FILE", help="What models pack wrote.")],
) -> None:
    """Take the models of an archive into this machine's cache."""
    from seq2seq.store import unpack

    for model in unpack(archive):
        print(f"{model.name} {model.revision}{'' if model.new else ' (was here already)'}")
