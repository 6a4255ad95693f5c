"""A small chart: how many stories each source tells, day by day. The template draws it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from depesche.daily.pages import Day

DAYS = 30
COLOURS = 6  # sources with a colour of their own; the others share one
HEIGHT = 120  # pixels of the highest column
STEP = 24  # pixels from one column to the next
REST = "Other sources"


@dataclass(frozen=True)
class Bar:
    """A part of a column, in pixels from the top, and its colour's number."""

    source: str
    stories: int
    colour: int
    y: float
    height: float


@dataclass(frozen=True)
class Column:
    """A day, and its bars from the bottom up; `x` is where it starts, in pixels."""

    day: date
    x: int
    total: int
    counts: tuple[int, ...]  # of each source of the chart
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Chart:
    """The latest days, the earliest first; `sources` have the colours 1, 2, 3 and so on."""

    sources: tuple[str, ...]
    columns: tuple[Column, ...]
    highest: int
    width: int
    height: int = HEIGHT


def chart(days: Sequence["Day"]) -> Chart:
    """The chart of days that come newest first."""
    shown = [*reversed(days[:DAYS])]
    total: Counter[str] = Counter()
    for one in shown:
        total.update(one.stories)
    ranked = sorted(filter(total.get, total), key=lambda source: (-total[source], source))
    named = ranked if len(ranked) <= COLOURS + 1 else ranked[:COLOURS]
    sources = (*named, *([REST] if len(named) < len(ranked) else []))
    highest = max((sum(one.stories.values()) for one in shown), default=0)
    columns = []
    for at, one in enumerate(shown):
        counts = _counts(one, named, sources)
        columns.append(
            Column(one.day, at * STEP, sum(counts), counts, _bars(counts, sources, highest))
        )
    return Chart(sources, tuple(columns), highest, len(shown) * STEP)


def _counts(day: "Day", named: Sequence[str], sources: Sequence[str]) -> tuple[int, ...]:
    """The stories of each source, those that share a colour together."""
    own = [day.stories.get(source, 0) for source in named]
    rest = sum(day.stories.values()) - sum(own)
    return (*own, rest) if len(named) < len(sources) else tuple(own)


def _bars(counts: Sequence[int], sources: Sequence[str], highest: int) -> tuple[Bar, ...]:
    bars = []
    top = float(HEIGHT)
    for colour, (source, count) in enumerate(zip(sources, counts, strict=True), 1):
        height = HEIGHT * count / max(highest, 1)
        top -= height
        if count:
            bars.append(Bar(source, count, colour, round(top, 2), round(height, 2)))
    return tuple(bars)
