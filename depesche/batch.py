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

Three kinds of work overlap: a thread reads, recognises what is done and finds sentences; two
windows at a time are in the models, so that one keeps them busy while the other is tokenized,
checked or down to its last batch; and the caller's thread commits.
"""

import contextlib
import json
import queue
import threading
import time
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from hashlib import blake2b
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeVar

from depesche.brief import Brief, Failure, Item, OutputError
from depesche.export import Form, export, file_name, is_there, require_parquet
from depesche.journal import Journal, Result
from depesche.pipeline import Parsed, Pipeline, windows
from depesche.render import render
from seq2seq.errors import ModelError

T = TypeVar("T")

IN_MODELS = 2  # windows
READ_AHEAD = 2  # windows
SAMPLE = 200  # articles whose sentences are counted for an estimate
# Briefed when a window fails alone as well as with others: if this fails, too, the models do.
HARMLESS = Item("", "Die Sonne scheint heute in ganz Deutschland, und es weht ein warmer Wind.")


@dataclass
class Summary:
    """What a run has come to so far. One thread counts what is read, one what is durable."""

    articles: int = 0  # entries of the input, readable or not
    before: int = 0  # articles that had a brief
    repeated: int = 0  # articles that came twice, with the same id and text
    refused: int = 0  # entries that could not be taken up, or failed in an earlier run
    done: int = 0  # articles that got a brief in this run
    failed: int = 0  # articles that were taken up and got none
    sentences: int = 0  # of the articles taken up
    characters: int = 0
    seconds: float = 0.0  # since the first of them went to the models
    interrupted: bool = False

    @property
    def failures(self) -> int:
        """Rows of the failures file."""
        return self.refused + self.failed

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


@dataclass(frozen=True)
class _Window:
    """What became of a window of articles."""

    results: list[Result]
    sentences: int
    characters: int


class Batch:
    """Briefs an archive into `output`."""

    def __init__(
        self,
        pipeline: Pipeline,
        output: Path,
        form: Form,
        *,
        limit: int | None = None,
        retry_failed: bool = False,
    ) -> None:
        """A batch of articles that `pipeline` briefs.

        Args:
            pipeline: it is used by several threads at once.
            output: a file (`form` "jsonl") or a folder.
            form: of the output.
            limit: take up so many articles at most that are not done.
            retry_failed: take up those again that failed.
        """
        self._pipeline = pipeline
        self._output = output
        self._form = form
        self._limit = limit
        self._retry_failed = retry_failed
        self._row_form = "md" if form == "md" else "json"
        self._recipe = json.dumps([pipeline.recipe, self._row_form], sort_keys=True)
        self._started = 0.0
        self.summary = Summary()

    def run(self, entries: Iterable[Item | Failure], stop: threading.Event | None = None) -> None:
        """Brief what is not done, then write the output; `summary` grows all the while.

        Args:
            entries: the archive.
            stop: once set, what is in the models is finished and nothing else; there is no output.

        Raises:
            OutputError: the output is not this batch's, is being written by another run, or cannot
                be written; what `summary` counts as done is safe.
            ModelError: the models no longer run; likewise.
        """
        stop = stop or threading.Event()
        with self._journal() as journal:
            entries = takewhile(lambda _: not stop.is_set(), entries)
            pending = self._pending(entries, journal)
            ready = ahead(windows(map(self._parsed, pending)), READ_AHEAD)
            with contextlib.closing(ready), contextlib.closing(self._finished(ready, stop)) as done:
                for window in done:
                    journal.commit(window.results)
                    self._count(window)
            if self.summary.done:
                journal.note(self._rate_name, self.summary.characters / self.summary.seconds)
            self.summary.interrupted = stop.is_set()
            if not stop.is_set():
                export(journal, self._output, self._form)

    def estimate(self, entries: Iterable[Item | Failure]) -> Estimate:
        """What `run` would have to do. Everything is read, nothing is written."""
        state = journal_file(self._output)
        with Journal(state if state.exists() else None) as journal:
            new = characters = sampled = sentences = 0
            for item in self._pending(entries, journal):
                new += 1
                characters += len(item.text)
                if new <= SAMPLE:
                    parsed = self._parsed(item)
                    sampled += len(item.text)
                    sentences += parsed.sentences if isinstance(parsed, Parsed) else 0
            rate = journal.fact(self._rate_name)
        expected = round(sentences * characters / sampled) if sampled else 0
        return Estimate(new, expected, characters, characters / rate if rate else None)

    @property
    def _rate_name(self) -> str:
        return f"characters per second {self._recipe}"

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
            identity = _digest(name.casefold() if name else entry.id)
            standing = journal.admit(identity, self._key(entry), name)
            seen += standing in ("done", "failed")
            if standing == "done":
                self.summary.before += 1
            elif standing == "repeated":
                self.summary.repeated += 1
            elif standing == "clashing":
                reason = "another article before it has this id; this one was not taken up"
                self._refuse(Failure(entry, reason), journal)
            elif standing == "failed" and not self._retry_failed:
                self.summary.refused += 1
            elif self._limit is None or new < self._limit:
                new += 1
                yield entry

    def _refuse(self, failure: Failure, journal: Journal) -> None:
        journal.refuse(_failure_row(failure))
        self.summary.refused += 1

    def _key(self, item: Item) -> bytes:
        published = item.published.isoformat() if item.published else None
        return _digest(
            json.dumps([item.id, item.text, item.title, item.url, published, self._recipe])
        )

    def _parsed(self, item: Item) -> Parsed | Failure:
        try:
            return self._pipeline.parse(item)
        except Exception as error:
            return Failure(item, _described(error))

    # In the threads that wait for the models

    def _finish(self, window: list[Parsed | Failure]) -> _Window:
        try:
            results = self._results(window)
        except Exception:
            results = [self._alone(entry) for entry in window]
        parsed = [entry for entry in window if isinstance(entry, Parsed)]
        return _Window(
            results,
            sum(entry.sentences for entry in parsed),
            sum(len(entry.item.text) for entry in parsed),
        )

    def _results(self, window: list[Parsed | Failure]) -> list[Result]:
        return [
            Result(self._key(brief.item), isinstance(brief, Brief), self._row(brief))
            for brief in self._pipeline.finish(window)
        ]

    def _alone(self, entry: Parsed | Failure) -> Result:
        """The result of one entry of a window that failed as a whole."""
        try:
            return self._results([entry])[0]
        except Exception as error:
            try:
                list(self._pipeline.briefs([HARMLESS]))
            except Exception:
                raise ModelError(f"the models no longer run: {_described(error)}") from error
            failure = Failure(entry.item, _described(error))
            return Result(self._key(entry.item), False, self._row(failure))

    def _row(self, brief: Brief | Failure) -> bytes:
        if isinstance(brief, Failure):
            return _failure_row(brief)
        text = "".join(render([brief], "md" if self._row_form == "md" else "json"))
        return text.encode("utf-8", "backslashreplace")

    # In the caller's thread

    def _finished(
        self, ready: Iterable[list[Parsed | Failure]], stop: threading.Event
    ) -> Generator[_Window, None, None]:
        """What became of each window, in order; the models always have more than one to do."""
        in_models: deque[Future[_Window]] = deque()
        with ThreadPoolExecutor(IN_MODELS) as threads:
            for window in ready:
                if stop.is_set():
                    break
                self._started = self._started or time.monotonic()
                in_models.append(threads.submit(self._finish, window))
                if len(in_models) > IN_MODELS:
                    yield in_models.popleft().result()
            for result in in_models:
                if not (stop.is_set() and result.cancel()):
                    yield result.result()

    def _count(self, window: _Window) -> None:
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


def _failure_row(failure: Failure) -> bytes:
    row = {"id": failure.item.id, "reason": failure.reason}
    return (json.dumps(row, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def _described(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
