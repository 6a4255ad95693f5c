"""The command line: the only room that prints or exits."""

import io
import sys
from typing import Annotated

import typer

from depesche import __version__
from depesche.cli import archives, articles, daily, evaluate, models
from depesche.cli.console import INTERRUPTED, NOTHING_DONE, complain

app = typer.Typer(
    name="depesche",
    help="German news in, a short English brief out.",
    no_args_is_help=True,
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
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """German news in, a short English brief out."""
    if version:
        print(f"depesche {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line; what a user can cause is one line and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app()
    except KeyboardInterrupt:
        complain("interrupted")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # the reader has seen enough, as `| head` does
        sys.stdout = None  # or it would be flushed once more
        sys.exit(0)
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
