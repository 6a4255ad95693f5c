"""A model hub on loopback: as much of the hub's protocol as huggingface_hub speaks to fetch models.

Tests switch faults on and read back what was asked of it.
"""

import hashlib
import json
import random
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from seq2seq.errors import ModelError
from seq2seq.hub import find

NAME = "org/model"
WEIGHTS = random.Random(0).randbytes(300_000)
CONFIG = b'{"model_type": "marian", "is_encoder_decoder": true}'
FILES = {  # a model as far as finding one goes
    "config.json": CONFIG,
    "source.spm": b"source",
    "target.spm": b"target",
    "vocab.json": b"{}",
    "pytorch_model.bin": WEIGHTS,
}
LARGE = 10_000  # bytes; larger files are listed as the hub lists those in its large file storage


@dataclass
class Faults:
    """What the hub does wrong."""

    status: int | None = None  # answers this error to everything
    cut: int | None = None  # breaks every file off after this many bytes of an answer
    stall: float = 0  # seconds before a file's first byte
    whole: bool = False  # ignores Range
    spoil: bool = False  # other bytes than were listed
    surplus: bytes = b""  # more bytes than were listed
    redirect: str | None = None  # files are elsewhere, at this address
    answer: bytes | None = None  # says this to everything, as a hotel's network does


@dataclass
class Request:
    """What the hub was asked; its headers' names in lower case."""

    method: str
    path: str
    headers: dict[str, str]


@dataclass
class Hub:
    """Models by name; each has revisions, each a commit, each files."""

    faults: Faults = field(default_factory=Faults)
    requests: list[Request] = field(default_factory=list)
    refs: dict[tuple[str, str], str] = field(default_factory=dict)
    files: dict[tuple[str, str], dict[str, bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        hub = self

        class Handler(_Handler):
            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                hub.requests.append(Request(self.command, self.path, headers))
                self.answer(hub)

            do_HEAD = do_GET  # noqa: N815

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add(self, repo: str, files: dict[str, bytes], revision: str = "main") -> str:
        """Make `files` the revision of a repository, and return its commit."""
        content = repr((repo, sorted(files.items()))).encode()
        commit = hashlib.sha1(content).hexdigest()
        self.refs[repo, revision] = self.refs[repo, commit] = commit
        self.files[repo, commit] = files
        return commit

    def fetched(self) -> list[str]:
        """The names of the files whose contents were asked for."""
        files = [r.path for r in self.requests if "/resolve/" in r.path and r.method == "GET"]
        return [path.rpartition("/")[2] for path in files]

    def reset(self) -> None:
        self.faults = Faults()
        self.requests.clear()


def directory(path: Path) -> dict[str, bytes]:
    """The files of a directory, for `Hub.add`."""
    return {file.name: file.read_bytes() for file in path.iterdir()}


def safetensors(data: bytes) -> bytes:
    """A file of this format."""
    header = json.dumps(
        {"w": {"dtype": "U8", "shape": [len(data)], "data_offsets": [0, len(data)]}}
    )
    return len(header).to_bytes(8, "little") + header.encode() + data


def write(path: Path, files: dict[str, bytes]) -> Path:
    """A directory with these files."""
    path.mkdir(parents=True)
    for name, data in files.items():
        (path / name).write_bytes(data)
    return path


def refusal(name: str = NAME, *, offline: bool = False, refresh: bool = False) -> str:
    """The one line that a user reads where a model is not to be had."""
    with pytest.raises(ModelError) as caught:
        find(name, offline=offline, refresh=refresh)
    message = str(caught.value)
    assert "\n" not in message
    return message


class _Handler(BaseHTTPRequestHandler):
    def answer(self, hub: Hub) -> None:
        if hub.faults.status:
            return self._say(hub.faults.status)
        if hub.faults.answer is not None:
            return self._say(200, hub.faults.answer)
        match urlsplit(unquote(self.path)).path.strip("/").split("/"):
            case ["api", "models", org, name]:
                self._model(hub, f"{org}/{name}", "main")
            case ["api", "models", org, name, "revision", *revision]:
                self._model(hub, f"{org}/{name}", "/".join(revision))
            case ["api", "models", org, name, "tree", revision]:
                self._tree(hub, f"{org}/{name}", revision)
            case [org, name, "resolve", revision, *file]:
                self._file(hub, f"{org}/{name}", revision, "/".join(file))
            case _:
                self._say(404)
        return None

    def _model(self, hub: Hub, repo: str, revision: str) -> None:
        if commit := self._commit(hub, repo, revision):
            files = hub.files[repo, commit]
            siblings = [{"rfilename": name, **_listed(data)} for name, data in files.items()]
            self._json({"id": repo, "modelId": repo, "sha": commit, "siblings": siblings})

    def _tree(self, hub: Hub, repo: str, revision: str) -> None:
        if commit := self._commit(hub, repo, revision):
            entries = []
            for name, data in hub.files[repo, commit].items():
                listed = _listed(data)
                large = listed.get("lfs") and {**listed["lfs"], "oid": listed["lfs"]["sha256"]}
                entry = {"type": "file", "path": name, "size": len(data), "oid": listed["blobId"]}
                entries.append({**entry, "lfs": large} if large else entry)
            self._json(entries)

    def _commit(self, hub: Hub, repo: str, revision: str) -> str | None:
        """The commit; or None, and the hub's answer is given."""
        if all(repo != known for known, _ in hub.refs):
            self._say(401, b'{"error": "Invalid username or password."}')
            return None
        commit = hub.refs.get((repo, revision))
        if commit is None:
            self._say(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        return commit

    def _file(self, hub: Hub, repo: str, revision: str, name: str) -> None:
        commit = self._commit(hub, repo, revision)
        if commit is None:
            return None
        data = hub.files[repo, commit].get(name)
        if data is None:
            return self._say(404, b"{}", {"X-Error-Code": "EntryNotFound"})
        listed, faults = _listed(data), hub.faults
        large = listed.get("lfs")
        headers = {"X-Repo-Commit": commit, "ETag": f'"{listed["blobId"]}"'}
        if large:
            headers |= {"X-Linked-Etag": f'"{large["sha256"]}"', "X-Linked-Size": str(len(data))}
        if faults.redirect:
            return self._say(302, b"", {**headers, "Location": faults.redirect + self.path})
        if faults.spoil:
            data = data[::-1]
        time.sleep(faults.stall)
        asked = self.headers.get("Range")
        if asked and not faults.whole:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            return self._say(206, data[start:], headers, faults.cut)
        return self._say(200, data + faults.surplus, headers, faults.cut)

    def _json(self, value: Any) -> None:
        self._say(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _say(
        self,
        status: int,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        cut: int | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:cut])

    def log_message(self, *_: object) -> None:
        """Nothing is written; `Hub.requests` tells."""


def _listed(data: bytes) -> dict[str, Any]:
    """A file as a listing shows it."""
    git = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
    listed: dict[str, Any] = {"size": len(data), "blobId": git}
    if len(data) > LARGE:
        sha256 = hashlib.sha256(data).hexdigest()
        listed["lfs"] = {"sha256": sha256, "size": len(data), "pointerSize": 130}
    return listed
