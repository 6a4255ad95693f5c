"""The models of this machine: listed, removed, packed for another machine and unpacked there.

An archive is a plain tar file, since weights hardly compress: first `manifest.json`, then what it
lists, each file as `org/name/<commit>/<file>`.
"""

import contextlib
import dataclasses
import hashlib
import io
import json
import re
import shutil
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from seq2seq import cache, checkpoint
from seq2seq.errors import ModelError
from seq2seq.hub import (
    BUNDLED,
    Snapshot,
    bundled,
    cached,
    conversions_dir,
    find,
    hub_id,
    is_directory,
    slug,
)
from seq2seq.progress import Progress, shown

FORMAT = 1  # of an archive
MANIFEST = "manifest.json"
MANIFEST_LIMIT = 1 << 20  # bytes
BLOCK = 1 << 20  # bytes copied at a time


@dataclass(frozen=True)
class Entry:
    """A model on this machine, or all conversions of one."""

    name: str
    revision: str | None
    size: int  # bytes
    where: str  # "bundled", "cache", "incomplete" (in the cache, but not all of it) or "converted"


@dataclass(frozen=True)
class Packed:
    """A model in an archive."""

    name: str
    revision: str  # its commit
    new: bool  # unpacked now, and not there before


def list_models() -> list[Entry]:
    """All models on this machine that run here, whole or not, and what was converted."""
    entries = [
        Entry(name, find(name).revision, _size(BUNDLED / name), "bundled") for name in bundled()
    ]
    for repo in cache.repos():
        entries += [entry for commit in cache.commits(repo) if (entry := _cached(repo, commit))]
    sizes: Counter[str] = Counter()
    for of, path in _conversions():
        sizes[of.replace("--", "/")] += _size(path)
    entries += [Entry(name, None, size, "converted") for name, size in sizes.items()]
    return sorted(entries, key=lambda entry: (entry.name, entry.where, entry.revision or ""))


def remove(name: str) -> None:
    """Delete a model from the cache, in all its revisions, and all conversions of it.

    A user's own directory is never deleted, nor a bundled model; conversions of them are.

    Raises:
        ModelError: there is nothing of that name, or it cannot be deleted.
    """
    slugs = {slug(name), name.replace("/", "--")}
    conversions = [path for of, path in _conversions() if of in slugs]
    is_cached = name in cache.repos()
    if not conversions and not is_cached:
        hint = "`depesche models list` shows what is"
        if "@" in name:
            hint = "a model is removed in all its revisions, so name it without @"
        elif name in bundled():
            hint = "it is part of depesche and stays"
        raise ModelError(f"there is no {name} to remove; {hint}")
    try:
        for path in conversions:
            shutil.rmtree(path)
            path.with_name(f"{path.name}.lock").unlink(missing_ok=True)
        if is_cached:
            cache.delete(name)
    except OSError as error:
        raise ModelError(f"{name} cannot be removed: {error.strerror or error}") from error


def pack(names: Iterable[str], archive: Path) -> None:
    """Write models of the cache into one archive, which is there only once it is whole.

    Raises:
        ModelError: a model that is not whole in the cache, or an archive that cannot be written.
    """
    paths = {(s.name, s.revision): s.path for s in map(_from_cache, names)}
    with _explained(archive, "written"):
        models = [_described(name, commit, path) for (name, commit), path in paths.items()]
        manifest = {"format": FORMAT, "models": [dataclasses.asdict(model) for model in models]}
        data = json.dumps(manifest, indent=1).encode()
        with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".packing-") as temporary:
            made = Path(temporary) / "archive"
            with tarfile.open(made, "w") as tar:
                _add(tar, MANIFEST, io.BytesIO(data), len(data))
                for model in models:
                    for name, file in model.files.items():
                        with (paths[model.name, model.commit] / name).open("rb") as stream:
                            _add(tar, model.member(name), stream, file.size)
            made.replace(archive)


def unpack(archive: Path, progress: Progress | None = None) -> list[Packed]:
    """Take the models of an archive into the cache, where `find` has them without a network.

    All of it is verified before any of it is seen. A model that is there already is kept.

    Raises:
        ModelError: an archive that is damaged, or that holds what its manifest does not say.
    """
    with _explained(archive, "unpacked"), tarfile.open(archive, "r|") as tar:
        models = _manifest(tar)
        new = [model for model in models if not _is_cached(model)]
        size = sum(file.size for model in new for file in model.files.values())
        cache.need(size, str(archive))
        with tempfile.TemporaryDirectory(dir=cache.root(), prefix=".unpacking-") as temporary:
            with shown(progress) as show:
                _extract(tar, models, new, Path(temporary), show)
            for model in new:
                _adopt(model, Path(temporary))
        for model in models:
            for ref in model.refs:
                cache.record(model.name, ref, model.commit)
    return [Packed(model.name, model.commit, model in new) for model in models]


@dataclass(frozen=True)
class _File:
    size: int
    sha256: str


@dataclass(frozen=True)
class _Model:
    """A model as a manifest has it."""

    name: str
    commit: str
    refs: list[str]
    files: dict[str, _File]

    def member(self, file: str) -> str:
        return f"{self.name}/{self.commit}/{file}"


def _from_cache(name: str) -> Snapshot:
    if name in bundled():
        raise ModelError(f"{name} is part of depesche, so it is on the other machine, too")
    if is_directory(name):
        raise ModelError(f"only models of the cache are packed; {name} can be copied as it is")
    return cached(name)


def _described(name: str, commit: str, path: Path) -> _Model:
    """What the manifest says of a model; its files are verified where the cache has digests."""
    files = {}
    for file in checkpoint.files([file.name for file in path.iterdir()]):
        known = (path / file).readlink().name if (path / file).is_symlink() else ""
        sha256 = cache.digest(path / file)
        is_known = cache.DIGEST.fullmatch(known) and known != sha256
        if is_known and known != cache.digest(path / file, len(known)):
            raise ModelError(
                f"{name} is damaged: {file} is not what was fetched; "
                f"`depesche models pull {name}` fetches it anew"
            )
        files[file] = _File((path / file).stat().st_size, sha256)
    return _Model(name, commit, cache.revisions(name, commit), files)


def _add(tar: tarfile.TarFile, name: str, data: IO[bytes], size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size = size
    tar.addfile(member, data)


def _manifest(tar: tarfile.TarFile) -> list[_Model]:
    """The manifest, of which nothing is believed that could lead out of the cache."""
    member = tar.next()
    if member is None or member.name != MANIFEST or member.size > MANIFEST_LIMIT:
        raise tarfile.ReadError("it has no manifest")
    try:
        manifest = json.loads(_reader(tar, member).read())
        known = manifest["format"] == FORMAT
        models = [_parsed(model) for model in manifest["models"]] if known else []
        unique = {(model.name, model.commit) for model in models}
    except (ModelError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise tarfile.ReadError("its manifest is damaged") from error
    if not known or len(unique) < len(models):
        raise tarfile.ReadError("its manifest is of another version of depesche")
    return models


def _parsed(model: Any) -> _Model:
    files = {name: _File(file["size"], file["sha256"]) for name, file in model["files"].items()}
    valid = (
        hub_id(model["name"]) == (model["name"], "main")
        and cache.COMMIT.fullmatch(model["commit"])
        and all(hub_id(f"{model['name']}@{ref}")[1] == ref for ref in model["refs"])
        and set(files) == set(checkpoint.files(files))
        and all(isinstance(file.size, int) and file.size >= 0 for file in files.values())
        and all(re.fullmatch("[0-9a-f]{64}", file.sha256) for file in files.values())
    )
    if not valid:
        raise ValueError(model)
    return _Model(model["name"], model["commit"], list(model["refs"]), files)


def _is_cached(model: _Model) -> bool:
    path = cache.snapshot(model.name, model.commit)
    return path.is_dir() and checkpoint.flaw(model.name, path) is None


def _extract(
    tar: tarfile.TarFile, models: list[_Model], new: list[_Model], into: Path, show: Progress
) -> None:
    """Write the files of the `new` models, each as its member is called, and verify them all."""
    wanted = {model.member(name): (model, name) for model in models for name in model.files}
    while member := tar.next():
        model, name = wanted.pop(member.name, (None, ""))
        file = model and model.files[name]
        if not file or not member.isreg() or member.issparse() or member.size != file.size:
            raise tarfile.ReadError(f"{member.name!r} is not as the manifest says")
        if model in new:
            _copy(_reader(tar, member), into / member.name, file, show)
    if wanted:
        raise tarfile.ReadError(f"{min(wanted)} is missing")
    for model in new:
        if flaw := checkpoint.flaw(model.name, into / model.member("")):
            raise tarfile.ReadError(f"{flaw} of {model.name} is missing or damaged")


def _copy(source: IO[bytes], target: Path, file: _File, show: Progress) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    made = hashlib.sha256()
    with target.open("xb") as stream:
        while block := source.read(BLOCK):
            made.update(block)
            stream.write(block)
            show(target.name, stream.tell(), file.size)
    if made.hexdigest() != file.sha256:
        raise tarfile.ReadError(f"{target.name} has other contents than the manifest says")


def _adopt(model: _Model, extracted: Path) -> None:
    """Make verified files part of the cache, the weights last."""
    with cache.lock(model.name):
        for name in checkpoint.files(model.files):
            digest = model.files[name].sha256
            (extracted / model.member(name)).replace(cache.blob(model.name, digest))
            cache.link(model.name, model.commit, name, digest)


def _reader(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    stream = tar.extractfile(member)
    if stream is None:
        raise tarfile.ReadError(f"{member.name!r} is no file")
    return stream


def _cached(repo: str, commit: str) -> Entry | None:
    """What the cache has of a commit; None where that is for other programs."""
    path = cache.snapshot(repo, commit)
    try:
        if checkpoint.kind(repo, path) is None:
            return None
        where = "incomplete" if checkpoint.flaw(repo, path) else "cache"
    except ModelError:
        return None
    size = _size(path)
    if where == "incomplete":  # the file that broke off has no name yet
        size += sum(part.stat().st_size for part in cache.folder(repo).glob("blobs/*.incomplete"))
    return Entry(repo, commit, size, where)


def _conversions() -> Iterator[tuple[str, Path]]:
    """The slug of each model that was converted, and where the conversion is."""
    for path in sorted(conversions_dir().glob("*--*")):
        if path.is_dir() and not path.name.startswith("."):
            yield path.name.rpartition("--")[0], path


def _size(path: Path) -> int:
    """Bytes of the files of a directory; a link to nowhere has none."""
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


@contextlib.contextmanager
def _explained(archive: Path, done: str) -> Iterator[None]:
    try:
        yield
    except tarfile.TarError as error:
        raise ModelError(
            f"{archive} cannot be {done} ({error}): "
            "it is damaged, or `depesche models pack` did not make it"
        ) from error
    except OSError as error:
        raise ModelError(f"{archive} cannot be {done}: {error.strerror or error}") from error
