"""News gathered from a newsroom on this machine: what the tests of it have in common."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from depesche.daily.gather import Gathered, gather
from depesche.daily.news import News, Source
from depesche.daily.state import State
from tests.web import Answer

BERLIN = ZoneInfo("Europe/Berlin")
SINCE = datetime(2026, 11, 22, tzinfo=BERLIN)
UNTIL = SINCE + timedelta(days=1)
NOON = SINCE.replace(hour=12)
TODAY = "<pubDate>Sun, 22 Nov 2026 12:00:00 +0100</pubDate>"


def run(state: State, *addresses: str | Source, allow_private: bool = True) -> Gathered:
    """The news of the day from these sources."""
    sources = [Source(one) if isinstance(one, str) else one for one in addresses]
    return gather(sources, state, SINCE, UNTIL, allow_private=allow_private)


def titles(gathered: Gathered) -> list[str | None]:
    """The headlines, in their order."""
    return [one.item.title for one in gathered.news]


def only(gathered: Gathered) -> News:
    """The only article, where nothing is missing."""
    (news,) = gathered.news
    assert not gathered.misses
    return news


def rss(*items: str) -> Answer:
    """A feed of these items, as a server sends it."""
    text = f"<rss><channel><title>Bote</title>{''.join(f'<item>{i}</item>' for i in items)}"
    return Answer(f"{text}</channel></rss>".encode())
