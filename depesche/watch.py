"""A long run as the terminal shows it, and how it is asked to stop."""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.progress import Progress

    from depesche.batch import Estimate, Summary

MEMORY = 600.0  # seconds by which the time left is estimated


@contextlib.contextmanager
def shown(
    summary: "Summary", share: Callable[[], float], tokens: Callable[[], int]
) -> Iterator[None]:
    """A line on stderr, where that is a terminal.

    Args:
        summary: of the run, as it grows.
        share: of the run that is done, from 0 to 1.
        tokens: written so far.
    """
    if not sys.stderr.isatty():
        yield
        return

    from rich import progress
    from rich.console import Console

    started = time.monotonic()

    class Line(progress.Progress):
        def get_renderables(self) -> "Iterable[RenderableType]":
            said = rates(summary, tokens(), time.monotonic() - started)
            for task in self.task_ids:
                self.update(task, completed=share(), description=said)
            return super().get_renderables()

    columns = (
        progress.BarColumn(),
        progress.TaskProgressColumn(),
        progress.TextColumn("{task.description}"),
        progress.TimeRemainingColumn(),
    )
    line = Line(
        *columns,
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
        refresh_per_second=2,
        speed_estimate_period=MEMORY,
    )
    line.add_task("", total=1.0)
    with line:
        yield


@contextlib.contextmanager
def counted() -> Iterator[Callable[[int], None] | None]:
    """Counts sentences on stderr where that is a terminal."""
    with _counts() as bar:
        if not bar:
            yield None
            return
        task = bar.add_task("sentences translated")
        yield lambda sentences: bar.advance(task, sentences)


@contextlib.contextmanager
def followed() -> Iterator[tuple[Callable[[int, int], None], Callable[[int], None]] | None]:
    """Counts on stderr, where that is a terminal, what is fetched (of how much), then sentences."""
    with _counts() as bar:
        if not bar:
            yield None
            return
        fetch = bar.add_task("fetched")
        translate = bar.add_task("sentences translated", visible=False)
        yield (
            lambda done, of: bar.update(fetch, completed=done, description=f"of {of:,} fetched"),
            lambda sentences: bar.update(translate, advance=sentences, visible=True),
        )


@contextlib.contextmanager
def _counts() -> Iterator["Progress | None"]:
    """A line for each task: how many, of what and since when."""
    if not sys.stderr.isatty():
        yield None
        return

    from rich import progress
    from rich.console import Console

    columns = (
        progress.SpinnerColumn(),
        progress.TextColumn("{task.completed:,} {task.description}"),
        progress.TimeElapsedColumn(),
    )
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield bar


def rates(summary: "Summary", tokens: int, seconds: float) -> str:
    """How many articles there are by now and how fast they come, in a line."""
    seconds = seconds or 1.0
    return (
        f"{_articles(summary.before + summary.done)}, {summary.done / seconds:,.1f}/s, "
        f"{tokens / seconds:,.0f} tokens/s, {summary.failures:,} failed"
    )


@contextlib.contextmanager
def stopping(say: Callable[[str], None]) -> Iterator[threading.Event]:
    """An event that Ctrl-C sets, or a request to terminate; the second one ends the process.

    Args:
        say: tells the user what happens now.
    """
    stop = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            drop()
        stop.set()
        say("finishing what is in flight; once more to drop it")

    earlier = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def impatient() -> Iterator[None]:
    """A second Ctrl-C ends the process, even while its main thread is in a model.

    Python has the first one wait until a model is done with what it was given, a minute or more.
    """
    if os.name == "nt":  # where this takes a socket
        yield
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    earlier = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)

    def watch() -> None:
        asked = b""
        while signals := os.read(reading, 1):
            asked += signals
            if asked.count(signal.SIGINT) == 2:
                drop()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(earlier)
        os.close(writing)
        thread.join()
        os.close(reading)


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """A request to terminate is as Ctrl-C: it would end the process without a word."""
    earlier = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, earlier)


def drop() -> NoReturn:
    """End the process: nothing else can interrupt a model, and nothing durable is lost."""
    if sys.stderr.isatty():
        os.write(2, b"\x1b[?25h\n")  # the progress line hides the cursor
    os._exit(130)


def closing(summary: "Summary", tokens: int, failures: str) -> Iterator[str]:
    """What a run has come to and what to do next, a line each; `failures`: where their file is."""
    if summary.seconds:
        yield rates(summary, tokens, summary.seconds)
    else:
        yield f"{_articles(summary.before)}, none of them new, {summary.failures:,} failed"
    if summary.repeated:
        yield f"{summary.repeated:,} came again with the same id and text; the output has them once"
    if summary.interrupted:
        yield "stopped; what is done is safe, and the same command goes on from there"
    elif summary.failures:
        again = "; --retry-failed tries again" if summary.failed or summary.failed_before else ""
        yield f"the reasons are in {failures}{again}"


def forecast(summary: "Summary", estimate: "Estimate") -> Iterator[str]:
    """What a run would have to do, a line each; `summary` is what was counted for it."""
    yield (
        f"{_articles(summary.articles)}: {summary.before:,} done, {estimate.new:,} to do, "
        f"{summary.repeated:,} repeated, {summary.failures:,} failed"
    )
    yield f"to do: {estimate.characters:,} characters, about {estimate.sentences:,} sentences"
    if estimate.seconds is None:
        yield "time: unknown; --limit 100 does some and shows how fast this goes"
    else:
        yield f"time: about {timedelta(seconds=round(estimate.seconds))}, as fast as the last run"


def _articles(count: int) -> str:
    return f"{count:,} {'article' if count == 1 else 'articles'}"
