"""What a reader has chosen: sources and settings (depesche.toml), and lists of feeds (OPML)."""

import codecs
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from depesche import charset
from depesche.brief import InputError
from depesche.daily.links import is_url
from depesche.daily.news import Source

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_BYTES = 10_000_000

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)
_HEAD = 4096  # bytes within which a list of feeds begins


@dataclass(frozen=True)
class Config:
    """What a file says; None where it says nothing. Its paths are relative to the file's folder."""

    sources: tuple[Source, ...] = ()
    title: str | None = None  # of the digests
    output: Path | None = None
    state: Path | None = None
    template: Path | None = None
    glossary: Path | None = None
    tz: str | None = None
    since: str | None = None
    max: int | None = None  # stories of a digest
    words: int | None = None  # of a brief
    model: str | None = None
    summarizer: str | None = None
    categories: tuple[str, ...] = ()  # the most important first


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _texts(value: Any) -> tuple[str, ...] | None:
    return tuple(value) if isinstance(value, list) and all(map(_text, value)) else None


def _path(value: Any) -> Path | None:
    return Path(value).expanduser() if _text(value) else None


def _count(value: Any) -> int | None:
    return value if type(value) is int and value > 0 else None


# What the value of a key is made by, and what it is called if it is none.
_Kind = tuple[Callable[[Any], Any], str]
_TEXT: _Kind = _text, "a text in quotes"
_TEXTS: _Kind = _texts, "a list of texts in quotes"
_PATH: _Kind = _path, "a path in quotes"
_COUNT: _Kind = _count, "a whole number above 0"

_SETTINGS = {
    "title": _TEXT,
    "output": _PATH,
    "state": _PATH,
    "template": _PATH,
    "glossary": _PATH,
    "tz": _TEXT,
    "since": _TEXT,
    "max": _COUNT,
    "words": _COUNT,
    "model": _TEXT,
    "summarizer": _TEXT,
    "categories": _TEXTS,
}
_SOURCE = {"address": _TEXT, "title": _TEXT, "category": _TEXT, "limit": _COUNT}


def read(path: Path) -> Config:
    """Read a configuration, a TOML file.

    Raises:
        InputError: it cannot be read, or something in it is unknown, missing or of another type.
    """
    try:
        data = tomllib.loads(_content(path))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is no TOML: {error}") from None
    tables = data.pop("source", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise InputError(f"{path}: source must be written as [[source]], once for each")
    settings = _checked(data, _SETTINGS, path, str(path))
    sources = tuple(
        source
        for number, table in enumerate(tables, 1)
        for source in _source(table, path, f"{path}, source {number}")
    )
    return Config(sources, **settings)


def sources_of(names: Sequence[str]) -> tuple[Source, ...]:
    """The sources that a command line names; a list of feeds stands for those in it.

    Raises:
        InputError: one is a URL that is never read, or a list that cannot be; or there is nothing
            of these names. If only some are missing, the digest says so.
    """
    if all(not _SCHEME.match(name) and not Path(name).exists() for name in names):
        for name in names:
            require_there(Path(name))
    return tuple(source for name in names for source in _listed(Source(name), name))


def require_there(path: Path) -> None:
    """Raise InputError, saying what helps, where there is neither a file nor a folder."""
    if not path.exists():
        is_host = "." in path.parts[0].strip(".")  # perhaps
        hint = "; the address of a feed begins with https://" if is_host else ""
        raise InputError(f"{path}: no such file or folder{hint}")


def _source(table: dict[str, Any], path: Path, place: str) -> list[Source]:
    """The source of a table, or those of the list of feeds that it names."""
    values = _checked(table, _SOURCE, path, place)
    if "address" not in values:
        raise InputError(f"{place}: it has no address")
    if not _SCHEME.match(values["address"]):
        values["address"] = str(path.parent / Path(values["address"]).expanduser())
    return _listed(Source(**values), place)


def _checked(
    table: dict[str, Any], kinds: dict[str, _Kind], path: Path, place: str
) -> dict[str, Any]:
    """The values of a table, as their keys ask for them."""
    values = {}
    for key, value in table.items():
        if key not in kinds:
            raise InputError(f"{place}: unknown key {key!r}; it may have {', '.join(kinds)}")
        make, kind = kinds[key]
        made = make(value)
        if made is None:
            raise InputError(f"{place}: {key} must be {kind}, not {value!r}")
        values[key] = path.parent / made if isinstance(made, Path) else made
    return values


# Lists of feeds


def _listed(source: Source, place: str) -> list[Source]:
    """The source itself; if it is a list of feeds, those in it, as far as they say nothing else."""
    if scheme := _SCHEME.match(source.address):
        if scheme[1].lower() not in ("http", "https"):
            raise InputError(f"{place}: only http and https addresses are read: {source.address}")
        return [source]
    path = Path(source.address)
    if not _is_list(path):
        return [source]
    feeds = list(_outlines(_tree(path), source.category))
    if not feeds:
        raise InputError(f"{path}: no feed in it")
    for feed in feeds:
        if not is_url(feed.address):
            raise InputError(f"{path}: only http and https addresses are read: {feed.address}")
    return [replace(feed, limit=source.limit) for feed in feeds]


def _is_list(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD).removeprefix(codecs.BOM_UTF8).lstrip().lower()
    except OSError:  # a folder, or what reading it will tell
        return False
    return head.startswith(b"<") and b"<opml" in head


def _tree(path: Path) -> "_Element":
    from lxml.etree import LxmlError, XMLParser, fromstring

    # The text is decoded already, whatever it declares.
    parser = XMLParser(encoding="utf-8", resolve_entities=False, no_network=True)
    try:
        return fromstring(_content(path).strip().encode(), parser)
    except LxmlError as error:
        raise InputError(f"{path} is no OPML: {' '.join(str(error).split())}") from None


def _outlines(element: "_Element", category: str | None) -> Iterator[Source]:
    """The feeds below an element; their category is the heading that they are under."""
    for outline in element.iterchildren("body", "outline"):
        title = outline.get("title") or outline.get("text")
        if address := outline.get("xmlUrl"):
            yield Source(address.strip(), title, category)
        yield from _outlines(outline, title or category)


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    if len(data) > MAX_BYTES:
        raise InputError(f"{path} is larger than {MAX_BYTES // 1_000_000} MB")
    try:
        return charset.decode(data, charset.declared(data))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
