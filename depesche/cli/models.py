"""The commands for models: list, pull, remove, pack and unpack."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="The models on this machine.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_() -> None:
    """Show the models that work without a network, and what they take."""
    from seq2seq.store import list_models

    for entry in list_models():
        size = f"{entry.size / 1e6:,.0f} MB"
        print(f"{entry.name:40} {(entry.revision or '')[:12]:12} {size:>10}  {entry.where}")


@app.command("pull")
def pull(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="org/name, or org/name@revision.")
    ],
) -> None:
    """Download models, or bring them up to date."""
    from seq2seq.hub import find

    for name in names:
        snapshot = find(name, refresh=True)
        print(f"{snapshot.name} {snapshot.revision}")


@app.command("remove")
def remove(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="As models list shows them.")
    ],
) -> None:
    """Remove models from this machine, and what was converted from them."""
    from seq2seq.store import remove

    for name in names:
        remove(name)


@app.command("pack")
def pack(
    archive: Annotated[Path, typer.Argument(metavar="FILE", help="The archive to write.")],
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Models of this machine.")],
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
