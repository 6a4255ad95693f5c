"""The output of a batch, written from its journal: a file, Parquet parts, or a file an article.

Each file is written whole or not at all, and only where it does not hold yet what it should; so a
run that adds ten articles to a folder of a million writes ten files.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from glob import escape
from hashlib import blake2b
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

from depesche.brief import OutputError
from depesche.journal import Journal
from depesche.output import replacing, write

Form = Literal["jsonl", "parquet", "md", "json"]

PART = 10_000  # articles in a Parquet file
ROW_GROUP = 500  # of them in memory at a time
NOTED = 500  # files are noted in the journal together

# What a name may not have on Windows, macOS or Linux; % because it marks what was replaced.
_UNSAFE = re.compile(
    r"[\x00-\x1f<>:\"\\|?*%\x7f\ud800-\udfff]|^[. ]|[. ]$"
    r"|^(?=(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))\w",
    re.IGNORECASE,
)
_LONGEST = 150  # bytes of a folder's or a file's name


@dataclass(frozen=True)
class _File:
    """A file of the output: its name there, what it holds, and a digest of that."""

    name: str
    digest: bytes
    first: int
    last: int


def export(journal: Journal, output: Path, form: Form) -> None:
    """Write `output` and, where there are failures, a file of them beside it.

    Raises:
        OutputError: a file cannot be written; the others are whole.
    """
    _remove_leftovers(output)
    fresh: list[tuple[str, bytes, int]] = []
    for file in _files(journal, form):
        path = output / file.name
        if journal.is_written(file.name, file.digest, _size(path)):
            continue
        _make_folder(path.parent)
        _write(path, journal.rows(file.first, file.last), form)
        fresh.append((file.name, file.digest, _size(path) or 0))
        if len(fresh) == NOTED:
            journal.note_written(fresh)
            fresh = []
    journal.note_written(fresh)
    outdated = journal.outdated()
    for name in outdated:
        (output / name).unlink(missing_ok=True)
    journal.forget_written(outdated)
    _write_failures(journal.failures(), failures_file(output))


def failures_file(output: Path) -> Path:
    """Where the failures of a batch are."""
    return output.with_name(f"{output.name.removesuffix('.jsonl')}.failures.jsonl")


def file_name(name: str, form: Form) -> str:
    """The path of an article's file within the output, "" where it has none of its own.

    It reads as the article's id does, as far as file systems allow: what they do not is written as
    in URLs, so that no two ids have one file and none leaves the folder.
    """
    if form not in ("md", "json"):
        return ""
    return "/".join(map(_component, name.split("/"))) + f".{form}"


def is_there(output: Path) -> bool:
    """Whether something is at `output` already, other than an empty folder."""
    return any(output.iterdir()) if output.is_dir() else output.exists()


def _component(name: str) -> str:
    safe = _UNSAFE.sub(lambda match: _percent(match[0]), name) or "%"
    if len(safe.encode()) <= _LONGEST:
        return safe
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return safe.encode()[: _LONGEST - 17].decode("utf-8", "ignore") + f"%{digest}"


def _percent(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))


def _files(journal: Journal, form: Form) -> Iterator[_File]:
    """The files of the output and which rows they hold."""
    finished = journal.finished()
    if form in ("md", "json"):
        for position, key, name in finished:
            yield _File(name, key, position, position)
    elif form == "jsonl":
        yield _together("", finished)
    else:
        for number, first in enumerate(finished):
            part = chain([first], islice(finished, PART - 1))
            yield _together(f"part-{number:05}.parquet", part)


def _together(name: str, rows: Iterable[tuple[int, bytes, str]]) -> _File:
    digest = blake2b(digest_size=16)
    positions = [0, -1]
    for position, key, _ in rows:
        digest.update(key)
        positions = [positions[0] or position, position]
    return _File(name, digest.digest(), *positions)


def _write(path: Path, rows: Iterator[bytes], form: Form) -> None:
    if form == "parquet":
        _write_parquet(path, rows)
    else:
        write(path, (row.decode("utf-8") for row in rows))


def _write_parquet(path: Path, rows: Iterator[bytes]) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    with replacing(path) as beside, parquet.ParquetWriter(beside, _schema()) as file:
        while group := list(islice(rows, ROW_GROUP)):
            records = [json.loads(row) for row in group]
            for record in records:
                record["recipe"] = json.dumps(record["recipe"], ensure_ascii=False)
            file.write_table(pa.Table.from_pylist(records, _schema()))


def require_parquet() -> None:
    """See that Parquet can be written.

    Raises:
        OutputError: pyarrow is not there.
    """
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise OutputError(
            "Parquet is written with pyarrow, which is not installed: "
            "pip install 'depesche[parquet]'"
        ) from None


def _schema() -> Any:
    """The columns of docs/json.md; `published` and `recipe` are strings, as ISO 8601 and JSON."""
    import pyarrow as pa

    text = pa.string()
    pair = pa.struct({"de": text, "en": text})
    line = pa.struct({"text": text, "evidence": pa.list_(pa.int32())})
    warning = pa.struct({"kind": text, "sentence": pa.int32(), "line": pa.int32(), "detail": text})
    return pa.schema(
        {
            "id": text,
            "title": pair,
            "url": text,
            "published": text,
            "brief": pa.list_(line),
            "sentences": pa.list_(pair),
            "warnings": pa.list_(warning),
            "recipe": text,
        }
    )


def _write_failures(rows: Iterator[bytes], path: Path) -> None:
    first = list(islice(rows, 1))
    if first:
        write(path, (row.decode("utf-8") for row in chain(first, rows)))
    else:
        path.unlink(missing_ok=True)


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make {path}: {error.strerror or error}") from error


def _remove_leftovers(output: Path) -> None:
    """Remove what a killed run was about to write; no other run is writing here now."""
    found = [
        *output.parent.glob(f".{escape(output.name[:100])}.????????.tmp"),
        *output.parent.glob(f".{escape(failures_file(output).name[:100])}.????????.tmp"),
        *(output.rglob(".?*.????????.tmp") if output.is_dir() else ()),
    ]
    for path in found:
        path.unlink(missing_ok=True)


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None
