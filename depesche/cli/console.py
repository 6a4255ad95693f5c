"""What every command says, and the exit codes that tell how it went."""

import sys
from collections.abc import Iterable

from depesche.safe import one_line, printable

ALL_WELL, SOME_FAILED, NOTHING_DONE, INTERRUPTED = 0, 1, 2, 130


def complain(message: str) -> None:
    """One line for the user, apart from the output, whatever is in it."""
    print(f"depesche: {printable(one_line(message))}", file=sys.stderr)


def put(text: Iterable[str]) -> None:
    """Write to standard output.

    Raises:
        OutputError: it does not take it, but for a reader who has seen enough.
    """
    from depesche.brief import OutputError

    try:
        sys.stdout.writelines(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        sys.stdout = None  # or it would be flushed once more
        raise OutputError(f"cannot write the output: {error.strerror}") from error
