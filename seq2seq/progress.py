"""How far long work is."""

import contextlib
import sys
from collections.abc import Callable, Iterator

Progress = Callable[[str, int, int], None]  # a file's name, bytes done, bytes in all


@contextlib.contextmanager
def shown(progress: Progress | None) -> Iterator[Progress]:
    """`progress`, or else a bar for each file on stderr where that is a terminal."""
    if progress or not sys.stderr.isatty():
        yield progress or (lambda _name, _done, _total: None)
        return

    from rich import progress as rich
    from rich.console import Console

    columns = rich.TextColumn("{task.description}"), rich.BarColumn(), rich.DownloadColumn()
    with rich.Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, rich.TaskID] = {}

        def show(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=total)
            bars.update(tasks[name], completed=done)

        yield show


@contextlib.contextmanager
def waiting(what: str) -> Iterator[None]:
    """Says on stderr, where that is a terminal, what is being waited for."""
    if not sys.stderr.isatty():
        yield
        return

    from rich.console import Console

    with Console(stderr=True).status(what):
        yield
