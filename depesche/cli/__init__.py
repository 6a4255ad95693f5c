"""The command line: the only room that prints or exits."""

import sys


def main() -> None:
    """Run the command line, which may be interrupted at any time, its own imports included."""
    try:
        from depesche.cli.commands import run

        run()
    except KeyboardInterrupt:
        print("depesche: interrupted", file=sys.stderr)
        sys.exit(130)
