"""The time that a digest covers, in the reader's zone."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from depesche.brief import InputError

DEFAULT_ZONE = "Europe/Berlin"
EARLIEST = 1970  # year
_SPAN = re.compile(r"(\d{1,4})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class Window:
    """A day, and the time that is covered: from `since` until just before `until`."""

    day: date
    since: datetime
    until: datetime
    is_over: bool  # the day, so that what appears now is not of it


def window(
    now: datetime, day: str | None = None, zone: str = DEFAULT_ZONE, span: str | None = None
) -> Window:
    """What the digest of a day covers.

    That is the calendar day, which has 23 or 25 hours when clocks change; today, it ends now. With
    a span it has the same end and starts so long before, at a full hour: the same for runs that
    follow each other.

    Args:
        now: with a time zone.
        day: `2026-11-22`, `today` or `yesterday`; None is today.
        zone: its IANA name.
        span: `90m`, `24h` or `2d`, days being those of the calendar.

    Raises:
        InputError: one of them is none, or the day is still to come.
    """
    here = _zone(zone)
    now = now.astimezone(here)
    chosen = _day(day or "today", now.date())
    end = _midnight(chosen + timedelta(days=1), here)
    is_over = end <= now
    if not is_over:  # the minute that has begun is part of it
        end = _moved(now.replace(second=0, microsecond=0), timedelta(minutes=1))
    start = _midnight(chosen, here) if span is None else _before(end, span)
    return Window(chosen, start, end, is_over)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: "Europe" is a folder
        raise InputError(f"no time zone is called {name!r}; try Europe/Berlin or UTC") from None


def _day(name: str, today: date) -> date:
    if name in ("today", "yesterday"):
        return today - timedelta(days=name == "yesterday")
    try:
        day = date.fromisoformat(name)
    except ValueError:
        raise InputError(f"{name!r} is no date; write it as {today}") from None
    if day > today:
        raise InputError(f"{name} is still to come; today is {today}")
    if day.year < EARLIEST:
        raise InputError(f"{name} was before there were feeds")
    return day


def _before(end: datetime, span: str) -> datetime:
    found = _SPAN.fullmatch(span)
    if not found or not int(found[1]):
        raise InputError(f"{span!r} is no length of time; write 24h, 90m or 2d")
    length = timedelta(**{_UNITS[found[2]]: int(found[1])})
    # A day ago is the same time of day, whatever clocks did; an hour is always as long.
    start = _real(end - length) if found[2] == "d" else _moved(end, -length)
    return start.replace(minute=0)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return _real(datetime.combine(day, time(), zone))


def _real(moment: datetime) -> datetime:
    """The same moment, or the one that a clock showed instead if it left this time out."""
    return _moved(moment, timedelta())


def _moved(moment: datetime, by: timedelta) -> datetime:
    return (moment.astimezone(UTC) + by).astimezone(moment.tzinfo)
