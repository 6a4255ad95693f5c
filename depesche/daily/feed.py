"""A feed's bytes become its entries: RSS 0.9 to 2.0, RDF and Atom, well-formed or not.

lxml reads them, hardened: no entity is expanded, nothing is loaded, and what is malformed is
repaired, in a time that grows with the bytes. feedparser would do, too, but for dates without a
zone, which it takes for UTC, and for the time that its cleaning of HTML takes (10 s for 10 MB).
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from email.utils import parsedate_to_datetime
from functools import partial
from html import escape, unescape
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from depesche import charset
from depesche.brief import InputError
from depesche.daily.links import identity
from depesche.furniture import is_furniture
from depesche.markup import plain

if TYPE_CHECKING:
    from lxml.etree import _Element

HEAD = 4096  # bytes within which a feed begins
MAX_ENTRIES = 10_000
MAX_FIELD = 300  # characters of a name or a date: more is none
LONGEST_NAME = 40  # of a character
MAX_TAGS = 1_000_000  # each takes memory, however short it is

_ROOT = re.compile(r"<(rss|feed|rdf:RDF|channel)\b")
_START = re.compile(r"(ï»¿)?\s*<")
_HTML_ROOT = re.compile(r"<(!doctype\s+html|html)\b", re.IGNORECASE)
_REFERENCE = re.compile(r"&#?\w+;")
_BARE_AMPERSAND = re.compile(r"&(?!(#\d+|#x[\da-fA-F]+|\w+);)")

# The prefixes by which the fields of a feed are known here, whatever the feed calls them.
_PREFIXES = {
    "": "",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://channel.netscape.com/rdf/simple/0.9/": "",
    "http://www.w3.org/2005/Atom": "",
    "http://purl.org/atom/ns#": "",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/dc/terms/": "dcterms:",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://search.yahoo.com/mrss/": "media:",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
}
_PUBLISHED = ("pubdate", "published", "dc:date", "dcterms:issued", "issued", "dcterms:created")
_UPDATED = ("updated", "dcterms:modified", "modified")
_DATES = (*_PUBLISHED, *_UPDATED, "lastbuilddate")

_EMAIL = re.compile(r"[(<]?\S+@[^\s)>]+[)>]?|[()]")

# What RFC 5322 does not know, but German feeds write.
_ZONES = {"MEZ": "+0100", "CET": "+0100", "MESZ": "+0200", "CEST": "+0200", "-0000": "+0000"}
_ZONE = re.compile(rf"(?<!\S)({'|'.join(_ZONES)})\s*$")
_MONTHS = {"Jän": "Jan", "Mär": "Mar", "Mrz": "Mar", "Mai": "May", "Okt": "Oct", "Dez": "Dec"}
_MONTH = re.compile(rf"\b({'|'.join(_MONTHS)})\w*\.?(?=\s)")
_YEARS = range(1990, 2200)  # others are mistakes, and some of them no clock can hold

_MORE = re.compile(
    r"\s*(\[(…|\.\.\.|mehr)\]|\bweiterlesen\W{0,5}|\bmehr\s?[→»›])\s*$", re.IGNORECASE
)


@dataclass(frozen=True)
class Entry:
    """What a feed says of an article; None where it says nothing.

    `title` is plain text; `summary` and `content`, the most that the feed has of the article, are
    HTML. `published` and `updated` have a time zone; where a feed has only one, it is both. No
    other article of the feed has this `id`; `shares_url` says that others have this `url`, which
    then is the page of none of them.
    """

    id: str | None = None
    url: str | None = None
    title: str | None = None
    summary: str | None = None
    content: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    author: str | None = None
    section: str | None = None
    image: str | None = None
    shares_url: bool = False

    @property
    def teaser(self) -> str:
        """The summary as plain text, an empty line between its paragraphs."""
        lines = [line for line in plain(self.summary or "").split("\n") if not is_furniture(line)]
        return _MORE.sub("", "\n\n".join(lines))


@dataclass(frozen=True)
class Feed:
    """A feed: its name, its entries in its own order, and how many more it has than are read."""

    title: str | None
    entries: tuple[Entry, ...]
    omitted: int = 0


def is_feed(head: bytes) -> bool:
    """Whether a file that begins so is a feed."""
    text = head[:HEAD].decode("latin-1")
    return bool(_START.match(text) and _ROOT.search(text)) and not _HTML_ROOT.search(text)


def parse(data: bytes, url: str, declared: str | None, zone: tzinfo) -> Feed:
    """Read a feed.

    Args:
        data: the whole feed.
        url: where it comes from, "" if not from the web.
        declared: the charset that an HTTP header names.
        zone: the reader's. A date that has none is taken to be in it only where the feed has other
            dates, and all of those are in it; elsewhere the date is not known.

    Raises:
        InputError: it is no feed, or too large to be one.
    """
    root = _tree(charset.decode(data, declared or charset.declared(data)), url)
    channel = _fields(next(root.iter("{*}channel"), root))
    items = list(root.iter("{*}item", "{*}entry"))
    # In RSS, links are relative to the site; in Atom, to the feed.
    base = url if _split(root)[1] == "feed" else _url(channel, "link", url) or url
    read = [_entry(item, base, url) for item in items[:MAX_ENTRIES]]
    dates = [date for name in _DATES for date in [_date(channel, (name,))] if date]
    return Feed(
        title=plain(_html(channel, "title")) or None,
        entries=tuple(_told_apart(_latest([*_in_zone(read, dates, zone)]))),
        omitted=len(items) - len(read),
    )


def _tree(text: str, url: str) -> "_Element":
    from lxml.etree import LxmlError, XMLParser, XMLSyntaxError, fromstring

    if text.count("<") > MAX_TAGS:
        raise InputError(f"the feed has more than {MAX_TAGS:,} tags")
    if not _ROOT.search(text):
        is_page = _HTML_ROOT.search(text)
        raise InputError("it is a web page, not a feed" if is_page else "it is no feed")
    text = _REFERENCE.sub(_character, charset.clean(text).strip())
    parser = partial(
        XMLParser,
        encoding="utf-8",  # whatever the feed declares
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        try:
            root = fromstring(text.encode(), parser(), base_url=url or None)
        except XMLSyntaxError:
            text = _BARE_AMPERSAND.sub("&amp;", text)
            root = fromstring(text.encode(), parser(recover=True), base_url=url or None)
    except LxmlError:
        root = None
    if root is None or _split(root)[1] not in ("rss", "feed", "rdf", "channel"):
        raise InputError("it is no feed")
    return root


def _character(reference: re.Match[str]) -> str:
    """What a reference stands for, by HTML's names: XML does not know most, and breaks at some."""
    if len(reference[0]) > LONGEST_NAME:
        return ""
    character = unescape(reference[0])
    return reference[0] if character in tuple("<>&\"'") else character


# The fields of an entry

Fields = dict[str, list["_Element"]]


def _fields(element: "_Element") -> Fields:
    """The children of an element by name, in lower case and with the usual prefix."""
    fields: Fields = {}
    own, _ = _split(element)
    for child in element.iterchildren("*"):
        space, name = _split(child)
        # What has the namespace of its parent needs no prefix, whatever that namespace is.
        prefix = "" if space == own else _PREFIXES.get(space, f"{space}:")
        fields.setdefault(prefix + name, []).append(child)
    return fields


def _split(element: "_Element") -> tuple[str, str]:
    """The namespace of an element, "" if it has none, and its name in lower case."""
    space, _, name = str(element.tag).rpartition("}")
    return space.removeprefix("{"), name.lower()


def _entry(item: "_Element", base: str, url: str) -> Entry:
    fields = _fields(item)
    if item.base and item.base != url:
        base = item.base  # it says so itself, by xml:base
    summary = _html(fields, "description", "summary", "media:description")
    content = _html(fields, "content:encoded", "content")
    guid = _text(fields, "guid", "id")
    published, updated = _date(fields, _PUBLISHED), _date(fields, _UPDATED)
    return Entry(
        id=guid,
        url=_url(fields, "link", base) or _url(fields, "guid", ""),
        title=" ".join(plain(_html(fields, "title", "dc:title", "media:title")).split()) or None,
        summary=summary or content or None,
        content=max(summary, content, key=len) or None,
        published=published or updated,
        updated=updated or published,
        author=_author(fields),
        section=_text(fields, "category", "dc:subject") or _attribute(fields, "category", "term"),
        image=_image(fields, base),
    )


def _latest(entries: Sequence[Entry]) -> Sequence[Entry]:
    """The entries, but of several with one link and one id, which are revisions, only the latest.

    An id that is the link itself says no more than that, and one that a whole feed has, nothing.
    """
    if len(entries) > 2 and len({entry.id for entry in entries}) == 1:
        return entries
    latest: dict[object, Entry] = {}
    for number, entry in enumerate(entries):
        link = entry.url and identity(entry.url)
        is_known = link and entry.id and identity(entry.id) != link
        one = (link, entry.id) if is_known else number
        other = latest.setdefault(one, entry)
        if entry.updated and other.updated and entry.updated > other.updated:
            latest[one] = entry
    return [*latest.values()]


def _told_apart(entries: Sequence[Entry]) -> Iterator[Entry]:
    """The entries, with no id but what tells an article from others, and likewise their URLs."""
    links = [entry.url and identity(entry.url) for entry in entries]
    names = [entry.title or entry.summary for entry in entries]
    by_link, by_id = defaultdict(set), defaultdict(set)
    for entry, link, name in zip(entries, links, names, strict=True):
        by_link[link].add((name, entry.id, entry.summary))
        by_id[entry.id].add((name, link))
    shared = {link for link, said in by_link.items() if link and not _is_one(said)}
    for entry, link in zip(entries, links, strict=True):
        own_id = entry.id if len(by_id[entry.id]) == 1 else None
        yield replace(entry, id=own_id, shares_url=link in shared)


def _is_one(said: Collection[tuple[str | None, str | None, str | None]]) -> bool:
    """Whether entries that share a link, and have these names, ids and summaries, are one article.

    So are those of one name, if they have one id or one summary, too.
    """
    names, ids, summaries = map(set, zip(*said, strict=True))
    return len(names) == 1 and (len(summaries) == 1 or (len(ids) == 1 and ids != {None}))


def _text(fields: Fields, *names: str) -> str | None:
    """The text of the first of these fields that has any."""
    for name in names:
        for field in fields.get(name, ()):
            if text := " ".join("".join(field.itertext()).split()):
                return text
    return None


def _attribute(fields: Fields, name: str, attribute: str) -> str | None:
    return next((value for f in fields.get(name, ()) if (value := f.get(attribute))), None)


def _html(fields: Fields, *names: str) -> str:
    """The first of these fields that has any text, as HTML."""
    from lxml.etree import tostring

    for name in names:
        for field in fields.get(name, ()):
            text = field.text or ""
            if len(field):  # XHTML, or HTML that should have been escaped
                return escape(text) + "".join(tostring(part, encoding="unicode") for part in field)
            if text.strip():
                return escape(text) if field.get("type") == "text" else text
    return ""


def _author(fields: Fields) -> str | None:
    for author in fields.get("author", ()):
        if len(author):  # Atom
            return _text(_fields(author), "name")
    name = _text(fields, "dc:creator", "author", "itunes:author") or ""
    # RSS wants "redaktion@weserbote.example (Karla Weidner)"
    return _EMAIL.sub("", name[:MAX_FIELD]).strip() or None


def _url(fields: Fields, name: str, base: str) -> str | None:
    """The first link to the article itself; one that is no http(s) URL is none."""
    for link in fields.get(name, ()):
        if link.get("rel", "alternate") == "alternate" and link.get("isPermaLink") != "false":
            address = "".join(link.itertext()).strip() or link.get("href", "")
            if address and (url := _joined(base, address)):
                return url
    return None


def _image(fields: Fields, base: str) -> str | None:
    for part in (fields, *map(_fields, fields.get("media:group", ()))):
        for name in ("media:content", "media:thumbnail", "content", "thumbnail", "enclosure"):
            for field in part.get(name, ()):
                kind = field.get("type") or field.get("medium") or "image"
                if kind.startswith("image") and (url := _joined(base, field.get("url", ""))):
                    return url
    return None


def _joined(base: str, address: str) -> str | None:
    try:
        url = urljoin(base, address.strip())
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if address and parts.scheme in ("http", "https") and parts.hostname else None


# Text


# Dates


def _date(fields: Fields, names: tuple[str, ...]) -> datetime | None:
    """The first date of these fields, without a zone where it has none."""
    for name in names:
        for field in fields.get(name, ()):
            if date := _parsed(" ".join("".join(field.itertext()).split())[:MAX_FIELD]):
                return date
    return None


def _parsed(text: str) -> datetime | None:
    """A date as RFC 5322 or ISO 8601 has it, never a guess."""
    text = _ZONE.sub(lambda zone: _ZONES[zone[1]], text)
    text = _MONTH.sub(lambda month: _MONTHS[month[1]], text)
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            date = read(text)
        except (ValueError, OverflowError):
            continue
        return date if date.year in _YEARS else None
    return None


def _in_zone(entries: list[Entry], dates: list[datetime], zone: tzinfo) -> Iterator[Entry]:
    """The entries, their dates with the reader's zone where they have none, or without dates."""
    dates = dates + [date for e in entries for date in (e.published, e.updated) if date]
    zoned = [date for date in dates if date.tzinfo]
    is_clear = zoned and all(d.utcoffset() == d.astimezone(zone).utcoffset() for d in zoned)

    def aware(date: datetime | None) -> datetime | None:
        if date is None or date.tzinfo:
            return date
        return date.replace(tzinfo=zone) if is_clear else None

    for entry in entries:
        yield replace(entry, published=aware(entry.published), updated=aware(entry.updated))
