"""The models of this machine: listed, removed, packed and unpacked."""

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants, hf_hub_download, scan_cache_dir

from seq2seq import cache, hub, store
from seq2seq.errors import ModelError
from seq2seq.hub import conversions_dir, find, slug
from seq2seq.store import Entry, Packed, list_models, pack, remove, unpack
from tests.conftest import BART, MARIAN
from tests.hub import CONFIG, FILES, NAME, WEIGHTS, Hub, directory, write

SIZE = sum(map(len, FILES.values()))


def convert(name: str, key: str) -> Path:
    """A conversion's directory, as convert.py leaves it."""
    path = write(conversions_dir() / f"{slug(name)}--{key}", {"model.bin": b"x" * 7})
    path.with_name(f"{path.name}.lock").touch()
    return path


def another_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """From here on the cache is an empty one."""
    root = tmp_path / "elsewhere" / "hub"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(root))
    return root


# Listing and removing


def test_every_model_is_listed(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user could not see what fills the disk."""
    monkeypatch.setattr("seq2seq.hub.BUNDLED", write(tmp_path / "bundled" / "mini", FILES).parent)
    monkeypatch.setattr(store, "BUNDLED", tmp_path / "bundled")
    old = hub.add(NAME, {**FILES, "vocab.json": b'{"a":1}'})
    find(NAME)
    new = hub.add(NAME, FILES)
    find(NAME, refresh=True)
    half = hub.add("org/half", FILES)
    hf_hub_download("org/half", "config.json")
    hub.add("org/bert", {"config.json": b'{"model_type": "bert"}'})
    hf_hub_download("org/bert", "config.json")
    convert(NAME, "0123")
    convert(NAME, "4567")  # for another device, or of an older revision
    mine = write(tmp_path / "mine", FILES)
    convert(str(mine), "0123")
    bundled, *others = sorted(list_models(), key=lambda entry: entry.where != "bundled")
    assert (bundled.name, bundled.size, bundled.where) == ("mini", SIZE, "bundled")
    assert sorted(others, key=repr) == sorted(
        [
            Entry(NAME, old, SIZE + 5, "cache"),
            Entry(NAME, new, SIZE, "cache"),
            Entry("org/half", half, len(CONFIG), "incomplete"),
            Entry(NAME, None, 14, "converted"),
            Entry(slug(str(mine)), None, 7, "converted"),
        ],
        key=repr,
    )


def pulled() -> list[Entry]:
    """What is on this machine beside the bundled models."""
    return [entry for entry in list_models() if entry.where != "bundled"]


def test_a_pull_that_broke_off_is_listed_with_what_it_takes(hub: Hub) -> None:
    hub.add(NAME, FILES)

    def interrupt(_name: str, done: int, _total: int) -> None:
        if done > 100_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        find(NAME, progress=interrupt)
    [entry] = pulled()
    assert entry.where == "incomplete"
    assert 100_000 < entry.size < SIZE
    remove(NAME)
    assert pulled() == []


def test_a_removed_model_leaves_nothing_behind(hub: Hub) -> None:
    """The disk would stay full."""
    hub.add(NAME, {**FILES, "vocab.json": b'{"a":1}'})
    find(NAME)
    hub.add(NAME, FILES)
    find(NAME, refresh=True)
    hub.add("org/other", FILES)
    other = find("org/other")
    convert(NAME, "0123")
    convert(NAME, "4567")
    kept = convert("org/other", "0123")
    remove(NAME)
    assert [(e.name, e.where) for e in pulled()] == [
        ("org/other", "cache"),
        ("org/other", "converted"),
    ]
    assert not cache.folder(NAME).exists()
    assert sorted(conversions_dir().iterdir()) == [kept, kept.with_name(f"{kept.name}.lock")]
    assert directory(other.path) == FILES


def test_a_damaged_model_can_be_removed(hub: Hub) -> None:
    """`remove` and `pull` are what helps against damage."""
    hub.add(NAME, FILES)
    shutil.rmtree(find(NAME).path.parents[1] / "blobs")
    remove(NAME)
    assert directory(find(NAME).path) == FILES


def test_a_directory_is_never_deleted_but_its_conversions_are(tmp_path: Path) -> None:
    mine = write(tmp_path / "mine", FILES)
    for name in (str(mine), slug(str(mine))):
        conversion = convert(str(mine), "0123")
        remove(name)
        assert not conversion.exists()
    assert find(str(mine))


@pytest.mark.parametrize("name", ["org/nothing", "nothing", "", "../..", "org/model@main"])
def test_what_is_not_there_cannot_be_removed(hub: Hub, name: str) -> None:
    hub.add(NAME, FILES)
    find(NAME)
    with pytest.raises(ModelError, match="to remove"):
        remove(name)
    assert find(NAME, offline=True)


def test_a_bundled_model_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "BUNDLED", write(tmp_path / "bundled" / "mini", FILES).parent)
    with pytest.raises(ModelError, match="it is part of depesche and stays"):
        remove("mini")
    conversion = convert("mini", "0123")
    remove("mini")
    assert not conversion.exists()
    assert find("mini")


# Packing and unpacking


def test_models_move_to_a_machine_without_network(
    models_on_hub: Hub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    """Who works without a network would have no models."""
    models_on_hub.add(NAME, FILES, "v1")
    here = {name: find(name) for name in (MARIAN, BART, f"{NAME}@v1")}
    pack([*here, MARIAN], tmp_path / "models.tar")
    another_machine(tmp_path, monkeypatch)
    request.getfixturevalue("no_sockets")
    assert unpack(tmp_path / "models.tar") == [
        Packed(snapshot.name, snapshot.revision, new=True) for snapshot in here.values()
    ]
    for name, snapshot in here.items():
        there = find(name, offline=True)
        assert (there.name, there.revision) == (snapshot.name, snapshot.revision)
        assert there.path != snapshot.path
        assert directory(there.path) == directory(snapshot.path)
    assert {repo.repo_id for repo in scan_cache_dir(cache.root()).repos} == {MARIAN, BART, NAME}
    assert sorted(p.name for p in cache.root().iterdir() if not p.name.startswith("models--")) == [
        ".locks"
    ]


def test_a_model_that_is_there_is_kept(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = hub.add(NAME, FILES)
    find(NAME)
    pack([NAME], tmp_path / "models.tar")
    new = hub.add(NAME, {**FILES, "vocab.json": b'{"a":1}'})
    another_machine(tmp_path, monkeypatch)
    assert unpack(tmp_path / "models.tar") == [Packed(NAME, old, new=True)]
    assert find(NAME, refresh=True).revision == new
    before = (find(f"{NAME}@{old}").path / "pytorch_model.bin").stat().st_mtime_ns
    assert unpack(tmp_path / "models.tar") == [Packed(NAME, old, new=False)]
    assert find(NAME).revision == old  # as where it was packed
    assert (find(NAME).path / "pytorch_model.bin").stat().st_mtime_ns == before


def test_what_was_unpacked_need_not_be_downloaded(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add(NAME, FILES)
    find(NAME)
    pack([NAME], tmp_path / "models.tar")
    another_machine(tmp_path, monkeypatch)
    unpack(tmp_path / "models.tar")
    hub.add(NAME, {**FILES, "vocab.json": b'{"a":1}'})
    hub.requests.clear()
    find(NAME, refresh=True)
    assert "pytorch_model.bin" not in hub.fetched()


def test_what_is_not_in_the_cache_is_not_packed(hub: Hub, tmp_path: Path) -> None:
    """And the message says what helps here: no other model, nor where there is no network."""
    archive = tmp_path / "models.tar"
    archive.write_bytes(b"old")
    for name, says in {
        str(write(tmp_path / "mine", FILES)): "can be copied as it is",
        "mini": "is part of depesche",
        "org/nothing": "org/nothing is not on this machine; `depesche models pull org/nothing` "
        "fetches it$",
    }.items():
        with pytest.raises(ModelError, match=says):
            pack([name], archive)
    hub.add(NAME, FILES)
    for file in ("pytorch_model.bin", "vocab.json"):
        (find(NAME).path / file).resolve().write_bytes(b"damaged")
        with pytest.raises(ModelError, match=f"{file} is not what was fetched"):
            pack([NAME], archive)
        find(NAME, refresh=True)
    assert archive.read_bytes() == b"old"
    assert not list(tmp_path.glob(".packing*"))


def test_an_archive_that_cannot_be_written(hub: Hub, tmp_path: Path) -> None:
    hub.add(NAME, FILES)
    find(NAME)
    for archive in (tmp_path / "no" / "such.tar", tmp_path):
        with pytest.raises(ModelError, match="cannot be written"):
            pack([NAME], archive)


# Archives that lie

COMMIT = "0" * 40
Members = dict[str, bytes]


def manifest(**changes: Any) -> dict[str, Any]:
    files = {
        name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in FILES.items()
    }
    model = {"name": NAME, "commit": COMMIT, "refs": ["main"], "files": files, **changes}
    return {"format": 1, "models": [model]}


def tar(path: Path, described: Any, files: Members = FILES, *more: tarfile.TarInfo) -> Path:
    members = {f"{NAME}/{COMMIT}/{name}": data for name, data in files.items()}
    with tarfile.open(path, "w") as archive:
        for name, data in {"manifest.json": json.dumps(described).encode(), **members}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        for member in more:
            archive.addfile(member, io.BytesIO(bytes(member.size)))
    return path


def refused(archive: Path, tmp_path: Path) -> str:
    """The one line that a user reads; and nothing was made of the archive."""
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ModelError) as caught:
        unpack(archive)
    (tmp_path / "hf" / "hub").mkdir(parents=True, exist_ok=True)
    made = set(tmp_path.rglob("*")) - {*before, tmp_path / "hf", tmp_path / "hf" / "hub"}
    assert not made
    message = str(caught.value)
    assert "\n" not in message
    assert str(archive) in message
    return message


def test_an_honest_archive_passes(tmp_path: Path) -> None:
    """Otherwise the next tests would prove nothing."""
    assert unpack(tar(tmp_path / "a.tar", manifest())) == [Packed(NAME, COMMIT, new=True)]
    assert directory(find(NAME, offline=True).path) == FILES


def member(name: str, **attributes: Any) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    for attribute, value in attributes.items():
        setattr(made, attribute, value)
    return made


INSIDE = f"{NAME}/{COMMIT}/"


@pytest.mark.parametrize(
    "extra",
    [
        member("/tmp/evil", size=1),
        member("../../evil", size=1),
        member(f"{INSIDE}../../../evil", size=1),
        member(f"{INSIDE}evil.py", size=1),
        member(f"{INSIDE}vocab.json", size=2),
        member("manifest.json", size=2),
        member(f"{NAME}/", type=tarfile.DIRTYPE),
    ],
    ids=lambda extra: extra.name,
)
def test_a_member_that_is_not_in_the_manifest_is_refused(
    extra: tarfile.TarInfo, tmp_path: Path
) -> None:
    """An archive could write anywhere, or write a file twice."""
    archive = tar(tmp_path / "a.tar", manifest(), FILES, extra)
    assert "is not as the manifest says" in refused(archive, tmp_path)


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE],
)
def test_a_member_that_is_no_plain_file_is_refused(kind: bytes, tmp_path: Path) -> None:
    files = {name: data for name, data in FILES.items() if name != "vocab.json"}
    link = member(f"{INSIDE}vocab.json", type=kind, linkname="/etc/passwd")
    archive = tar(tmp_path / "a.tar", manifest(), files, link)
    assert refused(archive, tmp_path)


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        (WEIGHTS[::-1], "pytorch_model.bin has other contents"),
        (WEIGHTS + b"!", "pytorch_model.bin' is not as the manifest says"),
        (WEIGHTS[:-1], "pytorch_model.bin' is not as the manifest says"),
        (None, "pytorch_model.bin is missing"),
    ],
)
def test_contents_are_as_the_manifest_says(
    weights: bytes | None, says: str, tmp_path: Path
) -> None:
    """Damage on the way would be found long after, by its translations."""
    files = {name: data for name, data in FILES.items() if name != "pytorch_model.bin"}
    if weights is not None:
        files["pytorch_model.bin"] = weights
    assert says in refused(tar(tmp_path / "a.tar", manifest(), files), tmp_path)


BAD_FILE = {"size": 1, "sha256": "0" * 64}


@pytest.mark.parametrize(
    "described",
    [
        manifest(name="../../evil"),
        manifest(name="/evil/model"),
        manifest(name=f"{NAME}@main"),
        manifest(name=["org"]),
        manifest(commit="../../evil"),
        manifest(commit=None),
        manifest(refs=["../../../evil"]),
        manifest(refs=["/evil"]),
        manifest(refs=[1]),
        manifest(files={"../evil": BAD_FILE}),
        manifest(files={"evil.py": BAD_FILE, "config.json": BAD_FILE}),
        manifest(files={"config.json": {"size": -1, "sha256": "0" * 64}}),
        manifest(files={"config.json": {"size": 1, "sha256": "evil"}}),
        manifest(files=None),
        {"format": 1, "models": [*manifest()["models"] * 2]},
        {"format": 2, "models": []},
        {"format": 1},
        [],
        "manifest",
    ],
)
def test_a_manifest_cannot_lead_out_of_the_cache(described: Any, tmp_path: Path) -> None:
    assert "manifest" in refused(tar(tmp_path / "a.tar", described), tmp_path)


def _truncated(archive: Path) -> None:
    os.truncate(archive, archive.stat().st_size // 2)


@pytest.mark.parametrize(
    "spoil",
    [
        _truncated,
        lambda archive: archive.write_bytes(b""),
        lambda archive: archive.write_bytes(b"no archive" * 1000),
        lambda archive: archive.write_bytes(archive.read_bytes()[512:]),
        lambda archive: archive.unlink(),
    ],
    ids=["truncated", "empty", "garbage", "headless", "absent"],
)
def test_what_is_no_archive_is_said(spoil: Callable[[Path], object], tmp_path: Path) -> None:
    archive = tar(tmp_path / "a.tar", manifest())
    spoil(archive)
    assert "cannot be unpacked" in refused(archive, tmp_path)


def test_an_archive_without_weights_is_refused(tmp_path: Path) -> None:
    files = {name: data for name, data in FILES.items() if name != "pytorch_model.bin"}
    described = manifest()
    del described["models"][0]["files"]["pytorch_model.bin"]
    archive = tar(tmp_path / "a.tar", described, files)
    assert "pytorch_model.bin of org/model is missing" in refused(archive, tmp_path)


def test_an_archive_for_which_there_is_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = shutil.disk_usage("/")._replace(free=200_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: free)
    assert "no room" in refused(tar(tmp_path / "a.tar", manifest()), tmp_path)


def test_an_incomplete_model_is_completed_by_an_archive(tmp_path: Path) -> None:
    archive = tar(tmp_path / "a.tar", manifest())
    unpack(archive)
    (find(NAME, offline=True).path / "pytorch_model.bin").unlink()
    assert unpack(archive) == [Packed(NAME, COMMIT, new=True)]
    assert directory(find(NAME, offline=True).path) == FILES
