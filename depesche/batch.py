"""A batch: an archive of articles becomes briefs, and neither a crash nor a bad article matters.

What is done is kept in a journal beside the output (`depesche.journal`), a window of articles at a
time. A run reads the whole input, leaves out what the journal holds, briefs the rest, and at its
end writes the output from the journal, in the order of the input (`depesche.export`). So the output
is a function of the input and of the results; in how many runs these were made does not matter.

A result is known by a digest of its article (all that was read of it), of the pipeline's recipe and
of the form of its row. Where any of them changes, the article is done again.

The results themselves are those of an undisturbed run, too, though a model in int8 may answer a
little differently in another batch: windows are committed whole and in order, so what a killed run
has left is the input from the start of a window on, and `pipeline.windows` forgets everything at a
window's start. Entries that could not be read take no part in windows.

Three kinds of work overlap: a thread reads, recognises what is done and finds sentences; several
windows at a time are in the models (`depesche.worker`), so that one keeps them busy while another
is tokenized, checked or down to its last batch; and the caller's thread commits.
"""

import contextlib
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, Protocol, TypeVar

from depesche.brief import Failure, InputError, Item, OutputError
from depesche.export import Form, export, file_name, is_there, require_parquet
from depesche.journal import Journal, Result
from depesche.pipeline import Parsed, windows
from depesche.worker import Finished, Window, digest, failure_row, key

T = TypeVar("T")

SAMPLE = 200  # articles whose sentences are counted for an estimate


@dataclass
class Summary:
    """What a run has come to so far. One thread counts what is read, one what is durable."""

    articles: int = 0  # entries of the input, readable or not
    before: int = 0  # articles that had a brief
    repeated: int = 0  # articles that came twice, with the same id and text
    refused: int = 0  # entries that cannot be taken up
    failed_before: int = 0  # articles that failed in an earlier run and were not taken up again
    done: int = 0  # articles that got a brief in this run
    failed: int = 0  # articles that were taken up and got none
    sentences: int = 0  # of the articles taken up
    characters: int = 0
    seconds: float = 0.0  # since the first of them went to the models
    interrupted: bool = False

    @property
    def failures(self) -> int:
        """Rows of the failures file."""
        return self.refused + self.failed_before + self.failed

    @property
    def settled(self) -> int:
        """Entries of the input that nothing is left to do for in this run."""
        return self.before + self.repeated + self.done + self.failures

    def record(self, tokens: int) -> dict[str, Any]:
        """The same as plain JSON; `tokens` is how many the translation model wrote."""
        counts = asdict(self) | {"tokens": tokens, "failures": self.failures}
        rates = {
            f"{name}_per_second": round(count / self.seconds, 2) if self.seconds else None
            for name, count in (
                ("articles", self.done),
                ("sentences", self.sentences),
                ("tokens", tokens),
            )
        }
        return counts | rates


@dataclass(frozen=True)
class Estimate:
    """What a run would have to do; `seconds` is None where no run has shown how fast this goes."""

    new: int  # articles
    sentences: int
    characters: int
    seconds: float | None


class Workers(Protocol):
    """Who briefs the articles: `depesche.worker.Worker`, or a cluster of them."""

    @property
    def recipe(self) -> str:
        """How a row is made; what another one made is made again."""
        ...

    @property
    def at_once(self) -> int:
        """How many windows to give them at a time."""
        ...

    def parsed(self, items: Iterable[Item]) -> Iterator[Parsed | Failure]:
        """Each article with its sentences, or why it has none; called once."""
        ...

    def finish(self, window: Window) -> Finished:
        """The results of a window, in its order; called by `at_once` threads.

        Raises:
            ModelError: the models no longer run.
        """
        ...


class Batch:
    """Briefs an archive into `output`."""

    def __init__(
        self,
        workers: Workers,
        output: Path,
        form: Form,
        *,
        limit: int | None = None,
        retry_failed: bool = False,
        keep: Callable[[list[Result]], None] = lambda _: None,
    ) -> None:
        """A batch of articles.

        Args:
            workers: who briefs them.
            output: a file (`form` "jsonl") or a folder.
            form: of the output.
            limit: take up so many articles at most that are not done.
            retry_failed: take up those again that failed.
            keep: keeps the results of a window elsewhere, too, before they count as done.
        """
        self._workers = workers
        self._output = output
        self._form = form
        self._limit = limit
        self._retry_failed = retry_failed
        self._keep = keep
        self._started = 0.0
        self.summary = Summary()

    def run(self, entries: Iterable[Item | Failure], stop: threading.Event | None = None) -> None:
        """Brief what is not done, then write the output; `summary` grows all the while.

        Args:
            entries: the archive.
            stop: once set, what is in the models is finished and nothing else; there is no output.

        Raises:
            InputError: the archive is empty.
            OutputError: the output is not this batch's, is being written by another run, or cannot
                be written; what `summary` counts as done is safe.
            ModelError: the models no longer run; likewise.
        """
        stop = stop or threading.Event()
        with self._journal() as journal:
            self._require_whole(journal)
            entries = takewhile(lambda _: not stop.is_set(), entries)
            pending = self._pending(entries, journal)
            ready = ahead(windows(self._workers.parsed(pending)), self._workers.at_once)
            with contextlib.closing(ready), contextlib.closing(self._finished(ready, stop)) as done:
                for window in done:
                    self._keep(window.results)
                    journal.commit(window.results)
                    self._count(window)
            if self.summary.done:
                journal.note(self._rate_name, self.summary.characters / self.summary.seconds)
            self.summary.interrupted = stop.is_set()
            if not stop.is_set():
                if not self.summary.articles:  # a disk that is not mounted looks like this
                    raise InputError("there are no articles in the input; nothing was written")
                export(journal, self._output, self._form)
                articles = self.summary.before + self.summary.done
                journal.note_output(self._workers.recipe, articles)

    def share(self, read: float) -> float:
        """How much of the run is done, from 0 to 1, once `read` of the input has been read.

        What was read goes through the models still, which is all of a small archive.
        """
        summary = self.summary
        taken_up = (summary.done + summary.failed) / self._limit if self._limit else 0.0
        return max(taken_up, read * summary.settled / max(1, summary.articles))

    def estimate(self, entries: Iterable[Item | Failure]) -> Estimate:
        """What `run` would have to do. Everything is read, nothing is written."""
        state = journal_file(self._output)
        with Journal(state if state.exists() else None) as journal:
            sample: list[Item] = []
            new = characters = 0
            for item in self._pending(entries, journal):
                new += 1
                characters += len(item.text)
                if new <= SAMPLE:
                    sample.append(item)
            rate = journal.fact(self._rate_name)
        sampled = sum(len(item.text) for item in sample)
        sentences = sum(
            entry.sentences for entry in self._workers.parsed(sample) if isinstance(entry, Parsed)
        )
        expected = round(sentences * characters / sampled) if sampled else 0
        return Estimate(new, expected, characters, characters / rate if rate else None)

    @property
    def _rate_name(self) -> str:
        return f"characters per second {self._workers.recipe}"

    def _journal(self) -> Journal:
        state = journal_file(self._output)
        if not state.parent.is_dir():
            raise OutputError(f"cannot write {self._output}: there is no folder {state.parent}")
        if self._output.exists() and self._output.is_dir() == (self._form == "jsonl"):
            kind = "file" if self._form == "jsonl" else "folder"
            raise OutputError(f"{self._output} is no {kind}, which --format {self._form} needs")
        if self._form == "parquet":
            require_parquet()
        if is_there(self._output) and not state.exists():
            raise OutputError(
                f"{self._output} is not the output of a batch ({state.name} is not beside it): "
                "remove it or name another"
            )
        return Journal(state)

    def _require_whole(self, journal: Journal) -> None:
        """See that a limit costs the output nothing: what another recipe made would leave it."""
        recipe, articles = journal.output() or ("", 0)
        if self._limit is None or self._limit >= articles or recipe == self._workers.recipe:
            return
        if is_there(self._output):
            raise OutputError(
                f"{self._output} has {articles:,} articles as other models, settings or another "
                "version made them, which --limit would take out of it: name another output, or "
                "do without --limit"
            )

    # In the thread that reads

    def _pending(
        self, entries: Iterable[Item | Failure], journal: Journal
    ) -> Generator[Item, None, None]:
        """The articles that are to be done, after the journal has taken note of them."""
        results, seen, new = journal.count(), 0, 0
        for entry in entries:
            # Later in the input there may be articles that are done and part of the output.
            if self._limit is not None and new >= self._limit and seen == results:
                return
            self.summary.articles += 1
            if isinstance(entry, Failure):
                self._refuse(entry, journal)
                continue
            name = file_name(entry.id, self._form)
            # Nor may the names of two files differ only in case, on Windows and macOS.
            identity = digest(name.casefold() if name else entry.id)
            standing = journal.admit(identity, key(entry, self._workers.recipe), name)
            seen += standing in ("done", "failed")
            if standing == "done":
                self.summary.before += 1
            elif standing == "repeated":
                self.summary.repeated += 1
            elif standing == "clashing":
                this = "this id, upper and lower case aside" if name else "this id"
                reason = f"another article before it has {this}; this one was not taken up"
                self._refuse(Failure(entry, reason), journal)
            elif standing == "failed" and not self._retry_failed:
                self.summary.failed_before += 1
            elif self._limit is None or new < self._limit:
                new += 1
                yield entry

    def _refuse(self, failure: Failure, journal: Journal) -> None:
        journal.refuse(failure_row(failure))
        self.summary.refused += 1

    # In the caller's thread

    def _finished(
        self, ready: Iterable[Window], stop: threading.Event
    ) -> Generator[Finished, None, None]:
        """What became of each window, in order; the models always have more than one to do."""
        in_models: deque[Future[Finished]] = deque()
        with ThreadPoolExecutor(self._workers.at_once) as threads:
            for window in ready:
                if stop.is_set():
                    break
                self._started = self._started or time.monotonic()
                in_models.append(threads.submit(self._workers.finish, window))
                while len(in_models) > self._workers.at_once or (in_models and in_models[0].done()):
                    yield in_models.popleft().result()
            for result in in_models:
                if not (stop.is_set() and result.cancel()):
                    yield result.result()

    def _count(self, window: Finished) -> None:
        ok = sum(result.ok for result in window.results)
        self.summary.done += ok
        self.summary.failed += len(window.results) - ok
        self.summary.sentences += window.sentences
        self.summary.characters += window.characters
        self.summary.seconds = time.monotonic() - self._started


def journal_file(output: Path) -> Path:
    """Where the journal of an output is."""
    return output.with_name(f"{output.name}.state")


def ahead(values: Iterable[T], count: int) -> Generator[T, None, None]:
    """The same values, fetched by a thread of their own, up to `count` of them ahead."""
    fetched: queue.Queue[tuple[T] | BaseException | None] = queue.Queue(count)
    closed = threading.Event()

    def fetch() -> None:
        end = None
        try:
            for value in values:
                fetched.put((value,))
                if closed.is_set():
                    return
        except BaseException as error:
            end = error
        fetched.put(end)

    thread = threading.Thread(target=fetch, daemon=True)
    thread.start()
    try:
        while isinstance(one := fetched.get(), tuple):
            yield one[0]
        if one:
            raise one
    finally:
        closed.set()
        while thread.is_alive():  # it may be waiting to put what nobody will get
            with contextlib.suppress(queue.Empty):
                fetched.get(timeout=0.01)
