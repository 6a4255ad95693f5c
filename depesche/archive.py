"""Archives of articles as a lazy stream: folders of files, JSON Lines, CSV and Parquet.

They are on this machine or, as fsspec finds them, elsewhere.
"""

import codecs
import csv
import gzip
import io
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from hashlib import sha256
from itertools import count
from pathlib import Path, PurePosixPath
from typing import IO, Any

from backports import zstd

from depesche.brief import Failure, InputError, Item, OutputError
from depesche.charset import clean
from depesche.markup import unmarked
from depesche.storage import found, local_path, one_line

# What a column may be called, the likeliest first; case and punctuation do not matter.
FIELDS = {
    "id": ("id", "guid", "uid", "uuid", "docid", "articleid", "key"),
    "text": (
        *("text", "body", "content", "article", "articlebody", "maintext", "plaintext"),
        *("artikel", "artikeltext", "inhalt", "volltext"),
    ),
    "title": ("title", "headline", "heading", "titel", "überschrift", "ueberschrift"),
    "url": ("url", "link", "uri", "sourceurl", "canonicalurl"),
    "published": (
        *("published", "publishedat", "datepublished", "pubdate", "date", "datum"),
        *("veröffentlicht", "veroeffentlicht", "erschienen"),
    ),
}
# Bytes of a line or of a JSON file, characters of a CSV field: a hostile row stays bounded.
MAX_ROW = 64_000_000
GERMAN_DATES = ("%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S")
SAMPLE = 1 << 20  # bytes by which a CSV file's encoding is told
NAMED_DELIMITER = re.compile(r'"?sep=(\t|[^\s\w"])"?\r?')  # a line that is only for Excel
PARQUET_ROWS = 64  # decoded at a time

Entries = Iterator[Item | Failure]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class _File:
    """A file of the archive; `place` is what it is called in ids."""

    place: str
    size: int
    open: Callable[[], Any]  # for reading bytes
    path: Path | None  # None if it is elsewhere


class Archive:
    """The articles in a file or in all files below a folder, in the order of their paths.

    Files ending in .jsonl, .ndjson, .json, .csv or .tsv (also with .gz or .zst) and .parquet hold
    an article a row; any other holds one. Names that start with a dot are left out. An article's
    id is what its row says, else a digest of title and text; a file's is its path in the folder.
    """

    def __init__(self, root: Path | str) -> None:
        """The archive at `root`: a path, or the URL of a place that fsspec knows.

        Raises:
            InputError: there is nothing.
        """
        path = local_path(str(root))
        if path and not path.exists():
            raise InputError(f"{root}: no such file or folder")
        self._files: Callable[[], Iterator[_File | Failure]] = (
            partial(_local_files, path) if path else partial(iter, _remote_files(str(root)))
        )
        self._size = self._passed = self._in_file = 0

    @property
    def share(self) -> float:
        """How much of it has been read, from 0 to 1, by the size of its files."""
        return min(1.0, (self._passed + self._in_file) / self._size) if self._size else 0.0

    def __iter__(self) -> Entries:
        """Its articles; what cannot be read is a failure and keeps nothing else from being read."""
        self._passed = self._in_file = 0
        self._size = sum(file.size for file in self._files() if isinstance(file, _File))
        for file in self._files():
            if isinstance(file, Failure):
                yield file
                continue
            yield from self._articles(file)
            self._passed, self._in_file = self._passed + file.size, 0

    def _articles(self, file: _File) -> Entries:
        *_, kind, packing = ["", *file.place.lower().split(".")]
        if packing not in UNPACKED:
            kind, packing = packing, ""
        try:
            if kind in _ROWS:
                with file.open() as raw:
                    rows = UNPACKED[packing](raw) if packing else raw
                    for entry in _ROWS[kind](rows, file.place):
                        self._in_file = raw.tell()
                        yield entry
            else:
                yield _whole(file)
        except InputError as error:
            yield _failure(file.place, str(error))
        except Exception as error:  # every format breaks in its own way
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            yield _failure(file.place, f"it cannot be read to its end: {' '.join(reason.split())}")


def require_apart(root: Path | str, output: Path | str) -> None:
    """See that an output would not be read as part of the archive.

    Raises:
        OutputError: it lies within.
    """
    source, target = local_path(str(root)), local_path(str(output))
    if source and target:
        within = target.resolve().is_relative_to(source.resolve())
    else:
        within = f"{output}/".startswith(f"{str(root).rstrip('/')}/")
    if within:
        raise OutputError(f"{output} would be part of {root}: write to another place")


def _local_files(root: Path) -> Iterator[_File | Failure]:
    for path in _below(root, root) if root.is_dir() else iter([root]):
        if isinstance(path, Failure):
            yield path
        else:
            place = path.name if path == root else _place(path, root)
            yield _File(place, _size(path), partial(path.open, "rb"), path)


def _place(path: Path, root: Path) -> str:
    """What a path is called in ids, which are text even where a name is in an unknown encoding."""
    place = path.relative_to(root).as_posix()
    return place.encode("utf-8", "backslashreplace").decode("utf-8")


def _remote_files(url: str) -> list[_File | Failure]:
    """The files at or below `url`, in the order that they would have here; asked for once."""
    system, root = found(url, InputError)
    try:
        files = system.find(root, detail=True)
    except Exception as error:  # every storage fails in its own way
        raise InputError(f"{url}: {one_line(error)}") from error
    if not files:
        raise InputError(f"{url}: no such file or folder")
    listed: list[_File | Failure] = []
    for path in sorted(files, key=lambda path: path.split("/")):
        place = PurePosixPath(path).relative_to(root).as_posix()
        place = PurePosixPath(path).name if place == "." else place
        if not any(part.startswith(".") for part in place.split("/")):
            # Some of fsspec's files cannot read a line of limited length; Python's own reader can.
            open_there = partial(_buffered, system, path)
            listed.append(_File(place, files[path]["size"] or 0, open_there, None))
    return listed


def _buffered(system: Any, path: str) -> IO[bytes]:
    return io.BufferedReader(system.open(path, "rb"))


def _whole(file: _File) -> Item:
    """The article that a whole file is."""
    from depesche.sources import read

    if file.path:
        return replace(read(str(file.path)), id=file.place)
    with tempfile.TemporaryDirectory() as folder, file.open() as content:
        path = Path(folder, "article").with_suffix(PurePosixPath(file.place).suffix)
        with path.open("wb") as copy:
            shutil.copyfileobj(content, copy)
        return replace(read(str(path)), id=file.place)


def _below(folder: Path, root: Path) -> Iterator[Path | Failure]:
    """The files in a folder and its folders, by name."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield _failure(_place(folder, root), error.strerror or str(error))
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from _below(path, root)
        elif os.path.isdir(path):  # noqa: PTH112 - unlike Path's, it is False for what it may not see
            reason = "it is a link to a folder, which could lead back here, so it is not followed"
            yield _failure(_place(path, root), reason)
        elif _is_endless(path):
            yield _failure(_place(path, root), "it is a pipe or a device, not a file")
        else:
            yield path


def _is_endless(path: Path) -> bool:
    """Whether there is something that is no file, from which a read may never return."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except OSError:  # whoever opens it is told why
        return False


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _json_lines(file: IO[bytes], place: str) -> Entries:
    for number, line in enumerate(_lines(file), 1):
        here = f"{place}:{number}"
        if line is None:
            yield _failure(here, f"the line is longer than {MAX_ROW // 1_000_000} MB")
        elif line := line.removeprefix(codecs.BOM_UTF8).strip():
            try:
                row = json.loads(line.decode("utf-8"))
            except UnicodeDecodeError:
                yield _failure(here, "the line is not in UTF-8")
            except (ValueError, RecursionError) as error:
                yield _failure(here, f"the line is not JSON: {error}")
            else:
                yield (
                    _article(row, here)
                    if isinstance(row, dict)
                    else _failure(here, "the line is no JSON object")
                )


def _lines(file: IO[bytes]) -> Iterator[bytes | None]:
    """The lines, and None for each that is too long to hold."""
    while line := file.readline(MAX_ROW):
        whole = line.endswith(b"\n") or len(line) < MAX_ROW
        yield line if whole else None
        while not whole:
            rest = file.readline(MAX_ROW)
            whole = rest.endswith(b"\n") or len(rest) < MAX_ROW


def _json(file: IO[bytes], place: str) -> Entries:
    """An article, which is called as its file is, or a list of them."""
    data = file.read(MAX_ROW + 1)
    if len(data) > MAX_ROW:
        raise InputError(f"it has more than {MAX_ROW // 1_000_000} MB; write it as JSON Lines")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"it is not JSON: {error}") from error
    for number, row in enumerate(value if isinstance(value, list) else [], 1):
        here = f"{place}:{number}"
        yield _article(row, here) if isinstance(row, dict) else _failure(here, "it is no object")
    if isinstance(value, dict):
        yield _article(value, place, place)
    elif not isinstance(value, list):
        yield _failure(place, "it is neither an object nor a list of them")


def _csv(file: IO[bytes], place: str) -> Entries:
    sample = file.read(SAMPLE)
    file.seek(0)
    encoding = _encoding(sample)
    first = sample.decode(encoding, "replace").partition("\n")[0]
    named = NAMED_DELIMITER.fullmatch(first)
    delimiter = named[1] if named else max(",;\t|", key=first.count)
    csv.field_size_limit(MAX_ROW)
    # Bytes that the encoding does not have are kept as surrogates, by which `_article` knows them.
    with io.TextIOWrapper(file, encoding, errors="surrogateescape", newline="") as lines:
        if named:
            next(lines)
        reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
        columns = next(reader, [])
        if not columns:
            return
        _require_text(columns)
        for number in count(1):
            here, above = f"{place}:{number}", reader.line_num
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield _failure(here, f"the row is not CSV: {error}")
                continue
            if len(row) == len(columns):
                yield _article(dict(zip(columns, row, strict=True)), here)
            elif row:
                reason = f"the header has {len(columns)} fields, the row {len(row)}"
                if reader.line_num > above + 1:  # what other rows are lost in it, nobody can tell
                    reason += f" in {reader.line_num - above:,} lines; is a quotation mark missing?"
                yield _failure(here, reason)


def _encoding(sample: bytes) -> str:
    """Of a CSV file: one that spreadsheets write."""
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _require_text(columns: list[str]) -> None:
    """See that the rows have texts, and not one failure each.

    Raises:
        InputError: no column is called as those of texts are.
    """
    if not any(_plain_name(name) in FIELDS["text"] for name in columns):
        names = ", ".join(columns)[:200]  # where there is no header, they are an article
        raise InputError(f"no column is called text, body, inhalt or the like, but {names}")


def _parquet(raw: IO[bytes], place: str) -> Entries:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise InputError(
            "Parquet is read with pyarrow, which is not installed: pip install 'depesche[parquet]'"
        ) from None
    with parquet.ParquetFile(raw) as file:
        _require_text(file.schema_arrow.names)
        wanted = [name for name in file.schema_arrow.names if _plain_name(name) in _KNOWN]
        number = 0
        for batch in file.iter_batches(PARQUET_ROWS, columns=wanted):
            columns = dict(zip(batch.schema.names, batch.columns, strict=True))
            for name, column in columns.items():
                if pa.types.is_timestamp(column.type):  # Python has no nanoseconds
                    kind = pa.timestamp("us", column.type.tz)
                    columns[name] = column.cast(kind, safe=False)
            for index in range(batch.num_rows):
                number += 1
                here = f"{place}:{number}"
                try:
                    row = {name: _text(column[index].as_py()) for name, column in columns.items()}
                except UnicodeDecodeError:
                    yield _failure(here, "the row is not in UTF-8")
                else:
                    yield _article(row, here)


def _text(value: Any) -> Any:
    """Some programs write strings as bytes."""
    return value.decode("utf-8") if isinstance(value, bytes) else value


UNPACKED: dict[str, Callable[..., Any]] = {"gz": gzip.open, "zst": zstd.open}
_ROWS = {
    "jsonl": _json_lines,
    "ndjson": _json_lines,
    "json": _json,
    "csv": _csv,
    "tsv": _csv,
    "parquet": _parquet,
}
_KNOWN = {name for names in FIELDS.values() for name in names}


def _article(row: Row, here: str, name: str | None = None) -> Item | Failure:
    """The article of a row, which has an id or gets `name`; a failure has the id `here`."""
    fields = _fields(row)
    text, name = fields.get("text"), fields.get("id", name)
    if text is None and any(_plain_name(key) in FIELDS["text"] for key in row):
        return _failure(here, "its text is null")
    if text is None:
        return _failure(here, f"no text in it; its fields are {', '.join(map(str, row)) or 'none'}")
    if not isinstance(text, str):
        return _failure(here, "its text is no string")
    title, url = (str(fields[key]) if fields.get(key) else None for key in ("title", "url"))
    try:
        "".join((text, title or "", url or "", str(name))).encode()
    except UnicodeEncodeError:
        return _failure(here, "its encoding is broken")
    text, title = unmarked(clean(text)), title and unmarked(clean(title))
    if name is None or name == "":
        name = sha256(f"{title or ''}\n{text}".encode()).hexdigest()[:16]
    return Item(str(name), text, title, url, _date(fields.get("published")))


def _fields(row: Row) -> dict[str, Any]:
    """What a row says of an article, under our names."""
    plain = {_plain_name(name): value for name, value in row.items() if value is not None}
    return {
        field: next(plain[name] for name in names if name in plain)
        for field, names in FIELDS.items()
        if any(name in plain for name in names)
    }


def _plain_name(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def _date(value: Any) -> datetime | None:
    """A date as ISO 8601, RFC 5322 or German writing has it, never a guess."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    parsers: tuple[Callable[[str], datetime], ...] = (
        datetime.fromisoformat,
        parsedate_to_datetime,
        *(partial(_strptime, form) for form in GERMAN_DATES),
    )
    for parse in parsers:
        try:
            return parse(str(value).strip())
        except ValueError:
            continue
    return None


def _strptime(form: str, text: str) -> datetime:
    return datetime.strptime(text, form)


def _failure(place: str, reason: str) -> Failure:
    return Failure(Item(place, ""), reason)
