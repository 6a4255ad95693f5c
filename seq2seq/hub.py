"""How a model is found: its name becomes a directory on this machine."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from seq2seq import cache, checkpoint
from seq2seq.download import pull, without_network
from seq2seq.errors import ModelError
from seq2seq.progress import Progress

BUNDLED = Path(__file__).parent / "bundled"
REPO = re.compile(r"\w([\w.-]*\w)?/\w([\w.-]*\w)?", re.ASCII)


@dataclass(frozen=True)
class Snapshot:
    """A model's files as they are at one time."""

    name: str  # as the user gave it, without its revision
    revision: str  # a commit of the hub, or a digest; another one means other weights
    path: Path  # a directory with config.json, weights and tokenizer files


def find(
    name: str, *, offline: bool = False, refresh: bool = False, progress: Progress | None = None
) -> Snapshot:
    """The files of the model `name`; what the cache lacks of them is downloaded into it.

    A model in the cache is used as it is, without a look at the network.

    Args:
        name: the first of these that exists: a bundled model, a directory, or a hub id
            (`org/name`, or `org/name@revision` with a branch, a tag or a commit).
        offline: never touch the network; HF_HUB_OFFLINE=1 says the same.
        refresh: ask the hub even so: what has changed is fetched, what is damaged fetched anew.
        progress: told of every piece of a download; by default a terminal shows a bar.

    Raises:
        ModelError: no such model, none that runs here, incomplete, or not to be fetched.
    """
    if name in bundled():
        path = BUNDLED / name
        return Snapshot(name, _digest_of_contents(path), path)
    if is_directory(name):
        return _in_directory(name)
    repo, revision = hub_id(name)
    commit = cache.resolve(repo, revision)
    need = "is to be brought up to date" if refresh else _need(repo, commit)
    if need and (offline or _is_offline()):
        raise ModelError(f"{name} {need}, but no network may be used; {without_network(name)}")
    if need or commit is None:
        commit = pull(repo, revision, progress)
    return Snapshot(repo, commit, cache.snapshot(repo, commit))


def cached(name: str) -> Snapshot:
    """The files of the hub's model `name`, all of which are in the cache.

    Raises:
        ModelError: they are not.
    """
    repo, revision = hub_id(name)
    commit = cache.resolve(repo, revision)
    need = _need(repo, commit)
    if need or commit is None:
        raise ModelError(f"{name} {need}; `depesche models pull {name}` fetches it")
    return Snapshot(repo, commit, cache.snapshot(repo, commit))


def bundled() -> list[str]:
    """The names of the models that are part of depesche."""
    return sorted(config.parent.name for config in BUNDLED.glob(f"*/{checkpoint.CONFIG}"))


def hub_id(name: str) -> tuple[str, str]:
    """`org/name@revision` taken apart; the revision is "main" where none is given.

    Raises:
        ModelError: it is no such name; so neither part can lead out of a directory.
    """
    repo, at, revision = name.partition("@")
    revision = revision if at else "main"
    known = REPO.fullmatch(repo) and cache.REVISION.fullmatch(revision)
    if not known or "--" in repo or ".." in name or len(repo) > 96:
        raise ModelError(
            f"no model is called {name!r}: it is neither bundled ({', '.join(bundled())}) nor a "
            "directory, and on the hub models are called org/name or org/name@revision"
        )
    return repo, revision


def is_directory(name: str) -> bool:
    """Whether a model's name is that of a directory here."""
    return os.path.isdir(name)  # noqa: PTH112 - unlike Path's, it is False for impossible names


def slug(name: str) -> str:
    """The name as one component of a path; two models never share one.

    A hub id's two parts are joined by "--", which no other slug contains; a directory's slug
    depends on where it is.
    """
    if name in bundled() or not is_directory(name):
        return name.replace("/", "--")
    path = Path(name).resolve()
    place = hashlib.sha256(str(path).encode("utf-8", "surrogateescape")).hexdigest()
    return f"{re.sub(r'[^A-Za-z0-9]+', '-', path.name).strip('-')}-{place[:8]}"


def conversions_dir() -> Path:
    """Where converted models are kept: in DEPESCHE_CACHE, or the user's cache directory."""
    from platformdirs import user_cache_path

    chosen = os.environ.get("DEPESCHE_CACHE")
    return (Path(chosen) if chosen else user_cache_path("depesche")) / "converted"


def _need(repo: str, commit: str | None) -> str | None:
    """Why the cache cannot serve a model as it is, or None."""
    if commit is None or not cache.snapshot(repo, commit).is_dir():
        return "is not on this machine"
    flaw = checkpoint.flaw(repo, cache.snapshot(repo, commit))
    return flaw and f"is incomplete on this machine ({flaw} is missing or damaged)"


def _in_directory(name: str) -> Snapshot:
    path = Path(name).absolute()
    if flaw := checkpoint.flaw(name, path):
        raise ModelError(f"the directory {name} is no model: {flaw} is missing or damaged")
    return Snapshot(name, _digest_of_times(path), path)


def _digest_of_contents(path: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(path.iterdir()):
        with file.open("rb") as stream:
            digest.update(f"{file.name}\0".encode())
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:12]


def _digest_of_times(path: Path) -> str:
    """Like make: who writes a file changes its time; to read a gigabyte each time takes seconds."""
    digest = hashlib.sha256()
    for name in checkpoint.files([file.name for file in path.iterdir()]):
        status = (path / name).stat()
        digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()[:12]


def _is_offline() -> bool:
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE)
