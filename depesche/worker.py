"""What of a batch needs the pipeline: articles in windows become rows of the output, or failures.

It is apart from the rest (`depesche.batch`) so that it can run elsewhere (`depesche.cluster`).
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from depesche.brief import Brief, Failure, Item
from depesche.export import Form
from depesche.journal import Result
from depesche.pipeline import Parsed, Pipeline
from depesche.render import render
from seq2seq.errors import ModelError

IN_MODELS = 2  # windows
# Briefed when a window fails alone as well as with others: if this fails, too, the models do.
HARMLESS = Item("", "Die Sonne scheint heute in ganz Deutschland, und es weht ein warmer Wind.")

Window = list[Parsed | Failure]


@dataclass(frozen=True)
class Finished:
    """What became of a window of articles."""

    results: list[Result]
    sentences: int
    characters: int


class Worker:
    """Briefs windows of articles in this process. Threads may share it."""

    at_once = IN_MODELS

    def __init__(self, pipeline: Pipeline, form: Form) -> None:
        """A worker with a pipeline that several threads may use at once; `form` is the output's."""
        self._pipeline = pipeline
        self._row_form = "md" if form == "md" else "json"
        self.recipe = json.dumps([pipeline.recipe, self._row_form], sort_keys=True)

    def parsed(self, items: Iterable[Item]) -> Iterator[Parsed | Failure]:
        """Each article with its sentences, or why it has none."""
        return map(self._parsed, items)

    def _parsed(self, item: Item) -> Parsed | Failure:
        try:
            return self._pipeline.parse(item)
        except Exception as error:
            return Failure(item, described(error))

    def finish(self, window: Window) -> Finished:
        """The results of a window, in its order.

        Raises:
            ModelError: the models no longer run.
        """
        try:
            results = self._results(window)
        except Exception:
            results = [self._alone(entry) for entry in window]
        return finished(window, results)

    def _results(self, window: Window) -> list[Result]:
        return [
            Result(key(brief.item, self.recipe), isinstance(brief, Brief), self._row(brief))
            for brief in self._pipeline.finish(window)
        ]

    def _alone(self, entry: Parsed | Failure) -> Result:
        """The result of one entry of a window that failed as a whole."""
        try:
            return self._results([entry])[0]
        except Exception as error:
            self.check()
            return failed(Failure(entry.item, described(error)), self.recipe)

    def check(self) -> None:
        """See that the models still run.

        Raises:
            ModelError: they do not.
        """
        try:
            list(self._pipeline.briefs([HARMLESS]))
        except Exception as error:
            raise ModelError(f"the models no longer run: {described(error)}") from error

    def _row(self, brief: Brief | Failure) -> bytes:
        if isinstance(brief, Failure):
            return failure_row(brief)
        text = "".join(render([brief], "md" if self._row_form == "md" else "json"))
        return text.encode("utf-8", "backslashreplace")


def finished(window: Window, results: list[Result]) -> Finished:
    """The results of a window, and how much it was."""
    parsed = [entry for entry in window if isinstance(entry, Parsed)]
    sentences = sum(entry.sentences for entry in parsed)
    return Finished(results, sentences, sum(len(entry.item.text) for entry in parsed))


def key(item: Item, recipe: str) -> bytes:
    """What the result of an article is known by."""
    published = item.published.isoformat() if item.published else None
    return digest(json.dumps([item.id, item.text, item.title, item.url, published, recipe]))


def failed(failure: Failure, recipe: str) -> Result:
    """The result of an article that was taken up and got no brief."""
    return Result(key(failure.item, recipe), False, failure_row(failure))


def failure_row(failure: Failure) -> bytes:
    """A row of the failures file."""
    row = {"id": failure.item.id, "reason": failure.reason}
    return (json.dumps(row, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def described(error: Exception) -> str:
    """An error that nobody foresaw, in a line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def digest(text: str) -> bytes:
    """16 bytes that stand for a text."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
