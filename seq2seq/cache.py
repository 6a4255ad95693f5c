"""The cache of downloaded models on this machine: the one that every hub program shares.

`models--org--name/` holds `blobs/` (contents, named by their digest), `snapshots/<commit>/` (file
names, links into blobs) and `refs/` (branches and tags, each a file that says its commit).
"""

import contextlib
import dataclasses
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from seq2seq.errors import ModelError

COMMIT = re.compile(r"[0-9a-f]{40}")
# SHA-256 of a large file; of a small one git's SHA-1 of a blob, which counts its length, too.
DIGEST = re.compile(r"[0-9a-f]{64}|[0-9a-f]{40}")
REVISION = re.compile(r"\w[\w.-]*(/\w[\w.-]*)*")  # a branch, a tag or a commit


def root() -> Path:
    """The directory of the cache, as HF_HOME or HF_HUB_CACHE say."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def folder(repo: str) -> Path:
    """Where the cache keeps the model `repo` (`org/name`)."""
    return root() / f"models--{repo.replace('/', '--')}"


def repos() -> list[str]:
    """The models of which the cache holds anything."""
    folders = root().glob("models--*--*")
    return sorted(f.name.removeprefix("models--").replace("--", "/") for f in folders)


def commits(repo: str) -> list[str]:
    """The commits of which the cache holds at least one file."""
    return sorted(path.name for path in (folder(repo) / "snapshots").glob("*") if path.is_dir())


def resolve(repo: str, revision: str) -> str | None:
    """The commit that `revision` was when it was last fetched, or None."""
    if COMMIT.fullmatch(revision):
        return revision
    try:
        found = (folder(repo) / "refs" / revision).read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return found if COMMIT.fullmatch(found) else None


def revisions(repo: str, commit: str) -> list[str]:
    """The branches and tags that were `commit` when they were last fetched."""
    refs = folder(repo) / "refs"
    names = [ref.relative_to(refs).as_posix() for ref in refs.rglob("*") if ref.is_file()]
    return sorted(name for name in names if resolve(repo, name) == commit)


def record(repo: str, revision: str, commit: str) -> None:
    """Remember that `revision` is `commit` now."""
    if revision == commit:
        return
    ref = folder(repo) / "refs" / revision
    ref.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder(repo)) as temporary:
        (Path(temporary) / "ref").write_text(commit, encoding="utf-8")
        (Path(temporary) / "ref").replace(ref)


def snapshot(repo: str, commit: str) -> Path:
    """The directory of a commit's files."""
    return folder(repo) / "snapshots" / commit


def blob(repo: str, digest: str) -> Path:
    """Where contents with this digest belong; the directory is there."""
    blobs = folder(repo) / "blobs"
    blobs.mkdir(parents=True, exist_ok=True)
    return blobs / digest


def link(repo: str, commit: str, name: str, digest: str) -> None:
    """Show the contents with this digest as the file `name` of `commit`."""
    pointer, target = snapshot(repo, commit) / name, blob(repo, digest)
    pointer.parent.mkdir(parents=True, exist_ok=True)
    pointer.unlink(missing_ok=True)
    try:
        pointer.symlink_to(os.path.relpath(target, pointer.parent))
    except OSError:  # Windows lets few users make links; there the snapshot holds the contents
        target.replace(pointer)


def digest(file: Path, length: int = 64) -> str:
    """The digest of a file's contents, of the kind that has `length` hexadecimal digits."""
    if length == 64:
        made = hashlib.sha256()
    else:
        made = hashlib.sha1(f"blob {file.stat().st_size}\0".encode(), usedforsecurity=False)
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: made).hexdigest()


def need(size: int, what: str) -> None:
    """Make sure that there is room for `size` bytes.

    Raises:
        ModelError: there is not.
    """
    root().mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(root()).free
    if size > free:
        raise ModelError(
            f"{root()} has no room for {what}: {size / 1e6:,.0f} MB are needed, "
            f"{free / 1e6:,.0f} MB free"
        )


def delete(repo: str) -> None:
    """Delete all that the cache has of a model."""
    from huggingface_hub import scan_cache_dir

    # The library also deletes what only this model's files refer to outside of its folder; the
    # rest of the folder, and one that the library finds damaged, goes as it is.
    found = scan_cache_dir(root())
    mine = frozenset(r for r in found.repos if r.repo_path == folder(repo).resolve())
    commits = [revision.commit_hash for r in mine for revision in r.revisions]
    dataclasses.replace(found, repos=mine).delete_revisions(*commits).execute()
    if folder(repo).exists():
        shutil.rmtree(folder(repo))


@contextlib.contextmanager
def lock(repo: str) -> Iterator[None]:
    """Only one process at a time changes a model."""
    from filelock import FileLock

    locks = root() / ".locks" / folder(repo).name
    locks.mkdir(parents=True, exist_ok=True)
    with FileLock(locks / "depesche.lock"):
        yield
