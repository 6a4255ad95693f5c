"""A file is written whole or not at all."""

import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from depesche.brief import OutputError
from depesche.render import Format

_FORMATS: dict[str, Format] = {
    ".txt": "txt",
    ".md": "md",
    ".markdown": "md",
    ".html": "html",
    ".htm": "html",
    ".json": "json",
    ".jsonl": "json",
}


def format_of(path: Path) -> Format:
    """The format that the suffix of an output file asks for.

    Raises:
        OutputError: the suffix names none.
    """
    try:
        return _FORMATS[path.suffix.lower()]
    except KeyError:
        raise OutputError(
            f"{path} does not say its format: end it in .txt, .md, .html or .json, or use --format"
        ) from None


def require_writable(path: Path) -> None:
    """See that a file or folder, or what is there of the way to it, may be written to.

    Nothing is written, so what only writing shows (a full disk) is not seen.

    Raises:
        OutputError: it may not.
    """
    there = path
    while not there.exists():
        there = there.parent
    if there != path and not there.is_dir():
        raise OutputError(f"{path}: {there} is no folder")
    if not os.access(there, os.W_OK):
        raise OutputError(f"{path}: {there} may not be written to")


def write(path: Path, chunks: Iterable[str]) -> None:
    """Write `chunks` to `path`, which holds either all of them or what it held before.

    A device or a pipe has no place to take and is written directly.

    Raises:
        OutputError: the file cannot be written.
    """
    with _told(path):
        if path.exists() and not path.is_file():
            _write(path, "w", chunks)
            return
    with replacing(path) as beside:
        _write(beside, "x", chunks)


def write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write `files` into `folder`, which is made if need be; all hold what they did until all can.

    They take their places in the order of `files`. One that holds its bytes already is left alone.

    Raises:
        OutputError: a file cannot be written.
    """
    with _told(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as places:
        for name, data in reversed([*files.items()]):  # the last to come in is the first to go out
            path = folder / name
            with _told(path):
                if path.is_file() and path.read_bytes() == data:
                    continue
                beside = places.enter_context(replacing(path))
                with beside.open("xb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())  # a disk may be full without saying so at once


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A name beside `path` for a new file, which takes its place when the block ends without error.

    It takes the permissions of the old file, too, and only once it is safe on the disk.

    Raises:
        OutputError: the file cannot be written.
    """
    # A link stays a link; what it points to is replaced.
    target = Path(os.path.realpath(path))
    beside = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.tmp")
    with _told(path):
        try:
            yield beside
            with beside.open("rb+") as file:
                os.fsync(file.fileno())
            if target.exists():
                shutil.copymode(target, beside)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error


def _write(path: Path, mode: str, chunks: Iterable[str]) -> None:
    # A lone surrogate (a file name in an unknown encoding) is spelled out, as JSON would spell it.
    with path.open(mode, encoding="utf-8", errors="backslashreplace", newline="") as file:
        file.writelines(chunks)
