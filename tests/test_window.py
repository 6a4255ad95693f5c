"""A day is the reader's day, whatever the machine's zone and whatever clocks do."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from depesche.brief import InputError
from depesche.daily.window import window

BERLIN = ZoneInfo("Europe/Berlin")
MORNING = datetime(2026, 11, 22, 6, 5, 30, tzinfo=BERLIN)


def shown(found: tuple[datetime, datetime]) -> str:
    return f"{found[0]:%d.%m. %H:%M %z} – {found[1]:%d.%m. %H:%M %z}"


@pytest.mark.parametrize(
    ("now", "asked", "expected"),
    [
        (MORNING, {}, "22.11. 00:00 +0100 – 22.11. 06:06 +0100"),
        (MORNING, {"day": "yesterday"}, "21.11. 00:00 +0100 – 22.11. 00:00 +0100"),
        (MORNING, {"day": "2026-11-20"}, "20.11. 00:00 +0100 – 21.11. 00:00 +0100"),
        (MORNING, {"span": "24h"}, "21.11. 06:00 +0100 – 22.11. 06:06 +0100"),
        (MORNING, {"span": "90m"}, "22.11. 04:00 +0100 – 22.11. 06:06 +0100"),
        (MORNING, {"day": "yesterday", "span": "2d"}, "20.11. 00:00 +0100 – 22.11. 00:00 +0100"),
        (MORNING, {"zone": "America/New_York"}, "22.11. 00:00 -0500 – 22.11. 00:06 -0500"),
    ],
)
def test_what_a_digest_covers(now: datetime, asked: dict[str, str], expected: str) -> None:
    found = window(now, **asked)
    assert shown((found.since, found.until)) == expected


def test_today_is_the_day_in_the_readers_zone() -> None:
    evening = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert f"{window(evening).day}" == "2026-11-23"
    assert f"{window(evening, zone='UTC').day}" == "2026-11-22"


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_has_its_own_length_when_clocks_change(day: str, hours: int) -> None:
    found = window(MORNING, day)
    assert found.until.astimezone(UTC) - found.since.astimezone(UTC) == timedelta(hours=hours)


def test_hours_are_always_as_long_and_days_have_the_same_time() -> None:
    after = datetime(2026, 10, 25, 6, 5, tzinfo=BERLIN)  # clocks went back in the night
    assert f"{window(after, span='24h').since:%d. %H:%M}" == "24. 07:00"
    assert f"{window(after, span='1d').since:%d. %H:%M}" == "24. 06:00"


def test_a_day_without_a_midnight_starts_when_it_starts() -> None:
    """Clocks in Chile went from 23:59 to 01:00."""
    found = window(MORNING, "2026-09-06", "America/Santiago")
    assert f"{found.since:%d. %H:%M}" == "06. 01:00"


def test_runs_that_follow_each_other_cover_the_same() -> None:
    first, second = (window(MORNING + timedelta(minutes=m), span="24h") for m in (0, 50))
    assert first.since == second.since


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ({"day": "22.11.2026"}, "write it as 2026-11-22"),
        ({"day": "2026-11-23"}, "still to come; today is 2026-11-22"),
        ({"day": "0001-01-01", "span": "9999d"}, "before there were feeds"),
        ({"zone": "Berlin"}, "no time zone is called 'Berlin'; try Europe/Berlin"),
        ({"zone": "Europe"}, "no time zone"),
        ({"zone": "../../etc/passwd"}, "no time zone"),
        ({"span": "24"}, "write 24h, 90m or 2d"),
        ({"span": "0h"}, "write 24h, 90m or 2d"),
    ],
)
def test_what_is_no_day_zone_or_length_is_one_line(asked: dict[str, str], part: str) -> None:
    with pytest.raises(InputError, match=part) as raised:
        window(MORNING, **asked)
    assert "\n" not in str(raised.value)
