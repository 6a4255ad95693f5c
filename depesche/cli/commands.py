"""All commands in one, and what a user can cause, as one line and an exit code."""

import io
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from depesche import __version__
from depesche.cli import archives, articles, daily, evaluate, models
from depesche.cli.console import ALL_WELL, INTERRUPTED, NOTHING_DONE, complain
from depesche.watch import impatient


class Commands(TyperGroup):
    """Commands that may be interrupted, or whose reader may have seen enough."""

    def invoke(self, ctx: Any) -> Any:
        """See `TyperGroup`. Typer would end the one without a word, the other as an error."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            complain("interrupted")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:  # as `| head` does
            sys.stdout = None  # or it would be flushed once more
            raise typer.Exit(ALL_WELL) from None


app = typer.Typer(
    name="depesche",
    cls=Commands,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (
    articles.brief,
    articles.translate,
    articles.summarize,
    daily.daily,
    evaluate.evaluate,
):
    app.command()(command)
app.command(cls=archives.BatchCommand)(archives.batch)
app.add_typer(models.app, name="models")


@app.callback(invoke_without_command=True)
def depesche(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """German news in, a short English brief out."""
    if version:
        print(f"depesche {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        print(ctx.get_help(), file=sys.stderr)
        raise typer.Exit(NOTHING_DONE)


def run() -> None:
    """Run the command line; what a user can cause is one line and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        with impatient():
            sys.exit(app(prog_name="depesche", standalone_mode=False))
    except typer.TyperException as error:  # what was typed is no command
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "depesche"
        complain(f"{error.format_message().rstrip('.')}; try `{command} --help`")
        sys.exit(NOTHING_DONE)
    except Exception as error:
        if not _is_users(error):
            raise
        complain(str(error))
        sys.exit(NOTHING_DONE)


def _is_users(error: Exception) -> bool:
    """Whether a user can cause it; imported only now, because `--help` must not wait for it."""
    from depesche.brief import InputError, OutputError
    from seq2seq import ModelError
    from translate import GlossaryError

    return isinstance(error, (InputError, OutputError, ModelError, GlossaryError))
