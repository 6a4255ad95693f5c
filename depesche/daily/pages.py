"""A digest as files to read: a page, Markdown, an email, the index of all days, and their feed."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from depesche.brief import Item, OutputError
from depesche.daily import view
from depesche.daily.chart import chart
from depesche.daily.news import Digest, Entry, Miss, News, Repeat, Report
from depesche.safe import for_xml, is_link, leaves, markdown, one_line, printable
from depesche.templating import environment

if TYPE_CHECKING:
    from jinja2 import Environment

TITLE = "The daily brief"
TEMPLATES = (
    *("day.html", "day.md", "story.html", "index.html", "feed.xml", "entry.html"),
    *("mail.html", "mail.txt"),
    *("base.css", "daily.css", "daily.js", "page.js"),
)
FEED_DAYS = 7
HEADLINES = 3
_FEEDS = UUID("0a1c7a52-7b0d-5a53-9f2c-4d1c3a8f9e61")


@dataclass(frozen=True)
class Day:
    """What the index says of a digest: small enough to keep one for each day of many years."""

    day: date
    stories: dict[str, int]  # how many each source tells; others that report them do not count
    headlines: tuple[str, ...]  # of the best stories
    missing: int = 0

    @property
    def month(self) -> str:
        """2026-11."""
        return f"{self.day:%Y-%m}"

    @classmethod
    def of(cls, digest: Digest) -> "Day":
        """The day of a digest."""
        leads = [entry.lead for entry in (*digest.entries, *digest.undated)]
        told = dict.fromkeys(sorted(lead.news.source for lead in leads), 0)
        for lead in leads:
            told[lead.news.source] += 1
        headlines = tuple(map(view.headline, leads[:HEADLINES]))
        return cls(digest.day, told, headlines, len(digest.misses))


def files(
    digest: Digest,
    days: Iterable[Day],
    latest: Iterable[Digest],
    title: str | None = None,
    templates: Path | None = None,
) -> dict[str, bytes]:
    """The day's page and its Markdown, the index and the feed, under their names.

    The same digest, days and templates give the same bytes: no clock is asked.

    Args:
        digest: of the day.
        days: all others, in any order.
        latest: digests of the latest of these days, for the feed.
        title: of the digests.
        templates: a folder whose files take the place of those in TEMPLATES.

    Raises:
        OutputError: a template of the folder cannot be used.
    """
    others = {one.day: one for one in days if one.day != digest.day}
    every = sorted([*others.values(), Day.of(digest)], key=lambda one: one.day, reverse=True)
    before = next((one.day for one in every if one.day < digest.day), None)
    fed = {one.day: one for one in latest} | {digest.day: digest}
    recent = [fed[day] for day in sorted(fed, reverse=True)[:FEED_DAYS]]
    pages = _Pages(title, templates)
    shown = _shown(digest)
    drawn = chart([(one.day, one.stories) for one in every])
    return {
        f"{digest.day}.html": pages.fill("day.html", **shown, before=before),
        f"{digest.day}.md": pages.fill("day.md", **shown),
        "feed.xml": pages.fill("feed.xml", **_fed(recent, pages.title)),
        "index.html": pages.fill("index.html", days=every, chart=drawn),
    }


def mail(digest: Digest, title: str | None = None, templates: Path | None = None) -> bytes:
    """The digest as an email, in text and HTML, without sender, receiver and date.

    Mail programs open it as a draft; what sends it adds who sends it to whom.

    Raises:
        OutputError: a template of the folder cannot be used.
    """
    from email.message import EmailMessage
    from email.policy import SMTP

    pages, shown = _Pages(title, templates), _shown(digest)
    message = EmailMessage(SMTP)
    message["Subject"] = one_line(f"{pages.title}: {view.long_day(digest.day)}")
    message["X-Unsent"] = "1"
    plain, rich = (pages.fill(name, **shown).decode() for name in ("mail.txt", "mail.html"))
    message.set_content(plain, cte="quoted-printable")
    message.add_alternative(rich, "html", cte="quoted-printable")
    # Nothing that is quoted-printable has "=_" in it.
    message.set_boundary("=_depesche")
    return message.as_bytes()


def check(templates: Path) -> None:
    """Find out whether the templates of a folder can be used, by a digest that has some of all.

    Raises:
        OutputError: they cannot.
    """
    pages = _Pages(None, templates)
    for name in TEMPLATES:
        with pages.told(name):
            pages.environment.get_template(name)
    digest = _specimen()
    files(digest, [], [], None, templates)
    mail(digest, None, templates)


def _specimen() -> Digest:
    noon = datetime(2026, 1, 2, 12, tzinfo=UTC)
    said = {"de": "Die Brücke ist offen.", "en": "The bridge is open."}
    brief = {
        "id": "1",
        "title": said,
        "url": "https://example.org/1",
        "published": noon.isoformat(),
        "brief": [{"text": said["en"], "evidence": [0]}],
        "sentences": [said],
        "warnings": [{"kind": "number", "sentence": 0, "detail": "“1” may have changed"}],
        "recipe": {},
    }
    item = Item("1", "", said["de"], "https://example.org/1", noon)
    report = Report(News(item, "A", "B", "C", "D", "E", "https://example.org/2", "F"), brief)
    undated = replace(report, news=replace(report.news, item=replace(item, published=None)))
    return Digest(
        noon.date(),
        noon - timedelta(days=1),
        noon,
        entries=(Entry(report, (report,), noon.date(), ("2",)),),
        undated=(Entry(undated),),
        sources={"A": 2},
        misses=(Miss("A", "too slow"), Miss("A", "empty", "Titel", "https://example.org/3")),
        repeats=(Repeat("1", "The bridge", "https://example.org/4", noon.date()),),
        omitted=1,
        recipe={"depesche": "1"},
    )


def _shown(digest: Digest) -> dict[str, Any]:
    return {
        "digest": digest,
        "sections": view.sections(digest),
        "total": len(digest.entries) + len(digest.undated),
        "covered": view.covered(digest),
        "counts": [*view.counts(digest)],
        "recipe": [*leaves(digest.recipe)],
    }


def _fed(digests: Iterable[Digest], title: str) -> dict[str, Any]:
    """What the feed has: its ids hang on the title, the day and the article's address alone."""
    told = [(digest, story) for digest in digests for story in view.stories(digest)]
    return {
        "feed_id": uuid5(_FEEDS, title).urn,
        "updated": max(digest.until for digest in digests),
        "told": told,
    }


class _Pages:
    """The templates, and what they are filled in with on every page."""

    def __init__(self, title: str | None, folder: Path | None) -> None:
        self.title = one_line(title or TITLE)
        self.folder = folder
        if folder and not any((folder / name).is_file() for name in TEMPLATES):
            raise OutputError(f"{folder} has none of the templates: {', '.join(TEMPLATES)}")
        with self.told("daily.css"):
            self.environment = _environment(folder)

    def fill(self, name: str, **values: Any) -> bytes:
        with self.told(name):
            text = self.environment.get_template(name).render(title=self.title, **values)
        # Nothing in an article may steer what shows it, or keep a feed from being read.
        return for_xml(printable(text)).encode()

    @contextmanager
    def told(self, name: str) -> Iterator[None]:
        """Whatever is wrong with a reader's own template is one line with its place."""
        try:
            yield
        except Exception as error:
            place = self.folder and _place(error, self.folder, name)
            if place is None:
                raise
            raise OutputError(f"{place}: {one_line(str(error))}") from error


def _place(error: Exception, folder: Path, name: str) -> str | None:
    """The file and line of the folder where an error comes from; None where it comes from none."""
    from jinja2 import TemplateNotFound, TemplateSyntaxError

    if isinstance(error, TemplateSyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}"
    own = [
        frame for frame in extract_tb(error.__traceback__) if frame.filename.startswith(str(folder))
    ]
    if own:
        return f"{own[-1].filename}, line {own[-1].lineno}"
    if isinstance(error, (UnicodeDecodeError, TemplateNotFound)):
        return str(folder / name)
    return None


@cache
def _environment(folder: Path | None) -> "Environment":
    made = environment(
        ["depesche.daily", "depesche"], ["base.css", "daily.css"], ["daily.js", "page.js"], folder
    )
    made.filters |= {
        "is_link": is_link,
        "md": markdown,
        "long_day": view.long_day,
        "short_day": view.short_day,
        "clock": view.clock,
    }
    return made
