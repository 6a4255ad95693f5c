"""A small chart: how many stories each source tells, day by day. The template draws it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

DAYS = 30
COLOURS = 6  # sources with a colour of their own; the others share one
HEIGHT = 120  # pixels of the highest column
STEP = 18  # pixels from one column to the next
MONTH = 3  # columns that the name of a month takes
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
    month: str | None  # its name, where it is to stand below the first of its days
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
    step: int = STEP


def chart(days: Sequence[tuple[date, Mapping[str, int]]]) -> Chart:
    """The chart of days, the newest first, and the stories that each source told."""
    shown = [*reversed(days[:DAYS])]
    total: Counter[str] = Counter()
    for _, stories in shown:
        total.update(stories)
    ranked = sorted(filter(total.get, total), key=lambda source: (-total[source], source))
    named = ranked if len(ranked) <= COLOURS + 1 else ranked[:COLOURS]
    sources = (*named, *([REST] if len(named) < len(ranked) else []))
    highest = max((sum(stories.values()) for _, stories in shown), default=0)
    columns: list[Column] = []
    for month, of_month in groupby(shown, key=lambda one: f"{one[0]:%B}"):
        ones = [*of_month]
        names = [month if len(ones) >= MONTH else None] + [None] * len(ones)
        for (day, stories), name in zip(ones, names, strict=False):
            counts = _counts(stories, named, sources)
            bars = _bars(counts, sources, highest)
            columns.append(Column(day, name, len(columns) * STEP, sum(counts), counts, bars))
    return Chart(sources, tuple(columns), highest, len(shown) * STEP)


def _counts(
    stories: Mapping[str, int], named: Sequence[str], sources: Sequence[str]
) -> tuple[int, ...]:
    """The stories of each source, those that share a colour together."""
    own = [stories.get(source, 0) for source in named]
    rest = sum(stories.values()) - sum(own)
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
