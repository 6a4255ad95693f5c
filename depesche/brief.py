"""What goes through the chain: an item in, a brief or a failure out."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from summarize import Line
from translate import Translation


class InputError(Exception):
    """An input that cannot be read or briefed; the message is one line."""


class OutputError(Exception):
    """An output that cannot be written; the message is one line."""


@dataclass(frozen=True)
class Item:
    """A German text as a source yields it.

    `id` tells it from others (a path, a URL, a feed's guid); `published` is None where the source
    does not say, never a guess.
    """

    id: str
    text: str
    title: str | None = None
    url: str | None = None
    published: datetime | None = None


@dataclass(frozen=True)
class Warning:
    """Something a reader should know about one sentence or one line of the brief.

    `sentence` indexes `Translation.source.sentences`, `line` indexes `Brief.lines`; at most one of
    them is set, and neither where the warning is about the whole text.
    """

    kind: str
    detail: str
    sentence: int | None = None
    line: int | None = None


@dataclass(frozen=True)
class Brief:
    """An item, its translation and the lines of its brief.

    `title` is the English title, None where the item has none. `lines` is None where only a
    translation was asked for. `recipe` says how it was made and is plain JSON.
    """

    item: Item
    translation: Translation
    title: str | None
    lines: tuple[Line, ...] | None = None
    warnings: tuple[Warning, ...] = ()
    recipe: dict[str, Any] = field(default_factory=dict)

    @property
    def is_translated(self) -> bool:
        """False where the item was English: its one document is both source and target."""
        return self.translation.source is not self.translation.target


@dataclass(frozen=True)
class Failure:
    """An item that yielded no brief, and why, in one line."""

    item: Item
    reason: str
