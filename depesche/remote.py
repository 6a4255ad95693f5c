"""A batch's output where it is asked for: on this machine or, as fsspec finds it, elsewhere."""

import contextlib
import gzip
import hashlib
import io
import json
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from depesche.batch import journal_file
from depesche.brief import OutputError
from depesche.export import Form, failures_file
from depesche.journal import Journal, Result
from depesche.storage import found, local_path, one_line

AT_ONCE = 64  # objects read


def placed(output: str, form: Form) -> "Output":
    """The output at a path or a URL.

    Raises:
        OutputError: it has no name; or it is elsewhere, and cannot be read or is none of a batch.
    """
    path = local_path(output)
    if path and not path.name:
        raise OutputError(f"{output!r} names no output: the journal's name depends on it")
    return Output(path) if path else RemoteOutput(output, form)


class Output:
    """An output on this machine; used in a `with`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failures = str(failures_file(path))  # where a user finds them

    def __enter__(self) -> "Output":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def keep(self, results: list[Result]) -> None:
        """Make the results of a window safe where the journal is not."""

    def publish(self) -> None:
        """Bring what is written at `path` to its place."""


class RemoteOutput(Output):
    """An output that is elsewhere: written in a folder here (`path`), then put there.

    The results of each window are an object of their own beside the output. So what counts as done
    is safe there, and any machine can go on; an object is there whole or not at all. Two runs at a
    time do not see each other, but do no harm: both keep results, and write the same output.
    """

    def __init__(self, url: str, form: Form) -> None:
        """The output at `url`, with the results that are there.

        Raises:
            OutputError: it cannot be read, or is none of a batch.
        """
        if form not in ("jsonl", "parquet"):
            raise OutputError(f"{url}: an output elsewhere is a .jsonl file or --format parquet")
        self._url = url
        self._system, path = found(url, OutputError)
        self._parent, _, name = path.rstrip("/").rpartition("/")
        self._folder = tempfile.TemporaryDirectory(prefix="depesche-", ignore_cleanup_errors=True)
        self.path = Path(self._folder.name) / name
        self.failures = f"{url.rstrip('/').removesuffix(name)}{failures_file(self.path).name}"
        self._state = journal_file(Path(name)).name
        try:
            with self._told("read"):
                state = f"{self._parent}/{self._state}"
                if self._system.exists(path) and not self._system.exists(state):
                    raise OutputError(
                        f"{url} is not the output of a batch ({self._state} is not beside it): "
                        "remove it or name another"
                    )
                kept = self._kept()
                self._load(kept)
        except BaseException:
            self._folder.cleanup()
            raise
        self._windows = len(kept)

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def keep(self, results: list[Result]) -> None:
        """Put the results of a window there.

        Raises:
            OutputError: it cannot be done.
        """
        rows = ([result.key.hex(), result.ok, result.row.decode()] for result in results)
        data = gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode(), 6)
        self._windows += 1
        # In order, as later results replace earlier ones; and no two runs have a name in common.
        name = f"{self._windows:08}-{secrets.token_hex(4)}.results.gz"
        self._put(f"{self._state}/{name}", io.BytesIO(data))

    def publish(self) -> None:
        """Put there what was written here, and remove what is no longer part of it.

        Raises:
            OutputError: it cannot be done; each file is there whole, old or new.
        """
        folder = Path(self._folder.name)
        written = {}
        for file in sorted(folder.rglob("*")):
            if file.is_file() and file != journal_file(self.path):
                with file.open("rb") as content:
                    digest = hashlib.file_digest(content, "sha256").hexdigest()
                written[file.relative_to(folder).as_posix()] = digest
        manifest = f"{self._state}/written.json"
        with self._told("read"):
            known = {}
            if self._system.exists(f"{self._parent}/{manifest}"):
                known = json.loads(self._system.cat_file(f"{self._parent}/{manifest}"))
            there = {name for name in known if self._system.exists(f"{self._parent}/{name}")}
        for name, digest in written.items():
            if name not in there or known[name] != digest:
                with (folder / name).open("rb") as content:
                    self._put(name, content)
        with self._told("write"):
            for name in there - written.keys():
                self._system.rm_file(f"{self._parent}/{name}")
        self._put(manifest, io.BytesIO(json.dumps(written).encode()))

    def _kept(self) -> list[str]:
        """The objects with results, in the order they were put there."""
        try:
            names = self._system.ls(f"{self._parent}/{self._state}", detail=False)
        except FileNotFoundError:
            return []
        return sorted(str(name) for name in names if str(name).endswith(".results.gz"))

    def _load(self, names: list[str]) -> None:
        with Journal(journal_file(self.path)) as journal:
            for first in range(0, len(names), AT_ONCE):
                some = names[first : first + AT_ONCE]
                objects = self._system.cat(some)
                journal.commit(result for name in some for result in _results(objects[name]))

    def _put(self, name: str, content: IO[bytes]) -> None:
        """Put a whole object there, or none."""
        with self._told("write"):
            path = f"{self._parent}/{name}"
            folder = path.rpartition("/")[0]
            if folder != self._parent and not self._system.exists(folder):
                self._system.mkdir(folder, create_parents=False)  # a bucket is not ours to make
            # Within a transaction what is written has its name only at the end.
            with self._system.transaction, self._system.open(path, "wb") as there:
                shutil.copyfileobj(content, there)

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except OutputError:
            raise
        except Exception as error:  # every storage fails in its own way
            raise OutputError(f"cannot {what} {self._url}: {one_line(error)}") from error


def _results(content: bytes) -> Iterator[Result]:
    for line in gzip.decompress(content).decode().splitlines():
        key, ok, row = json.loads(line)
        yield Result(bytes.fromhex(key), ok, row.encode())
