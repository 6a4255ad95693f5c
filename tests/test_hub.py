"""How a model is found: its name, the cache, a directory."""

import os
import shutil
from pathlib import Path

import pytest
from huggingface_hub import hf_hub_download, snapshot_download

from seq2seq import hub
from seq2seq.hub import Snapshot, conversions_dir, find, slug
from tests.hub import FILES, NAME, WEIGHTS, Hub, directory, refusal, safetensors, write

# What is in the cache


@pytest.mark.parametrize("offline", [False, True])
def test_a_cached_model_needs_no_network(
    hub: Hub, offline: bool, request: pytest.FixtureRequest
) -> None:
    """A tool that claims to work offline would not."""
    hub.add(NAME, FILES)
    fetched = find(NAME)
    request.getfixturevalue("no_sockets")
    assert find(NAME, offline=offline) == fetched


def test_what_other_programs_downloaded_is_found(hub: Hub, request: pytest.FixtureRequest) -> None:
    """Who used a model with transformers would download it again."""
    commit = hub.add(NAME, FILES)
    path = snapshot_download(NAME)
    request.getfixturevalue("no_sockets")
    assert find(NAME) == Snapshot(NAME, commit, Path(path))


def test_what_was_downloaded_other_programs_find(hub: Hub) -> None:
    hub.add(NAME, FILES)
    path = find(NAME).path
    assert hf_hub_download(NAME, "vocab.json", local_files_only=True) == str(path / "vocab.json")
    assert snapshot_download(NAME, local_files_only=True) == str(path)


@pytest.mark.parametrize("missing", ["config.json", "target.spm", "pytorch_model.bin"])
def test_an_incomplete_model_is_completed_or_named(hub: Hub, missing: str) -> None:
    """What another program left half-done would be loaded, and fail with a traceback."""
    commit = hub.add(NAME, FILES)
    snapshot = find(NAME)
    blob = (snapshot.path / missing).resolve()
    blob.unlink()  # the link to it stays
    assert missing in refusal(offline=True)
    hub.requests.clear()
    assert directory(find(NAME).path) == FILES
    assert hub.fetched() == [missing]
    assert snapshot.revision == commit


def test_a_config_alone_is_no_model(hub: Hub) -> None:
    """Programs that only look at a model leave its config behind."""
    hub.add(NAME, FILES)
    hf_hub_download(NAME, "config.json")
    assert "is incomplete on this machine (model.safetensors or pytorch_model.bin" in refusal(
        offline=True
    )
    assert directory(find(NAME).path) == FILES


def test_cut_off_weights_are_fetched_again(hub: Hub) -> None:
    files = {**FILES, "model.safetensors": safetensors(WEIGHTS)}
    hub.add(NAME, files)
    weights = find(NAME).path / "model.safetensors"
    os.truncate(weights.resolve(), 1000)
    assert "model.safetensors is missing or damaged" in refusal(offline=True)
    assert directory(find(NAME).path)["model.safetensors"] == files["model.safetensors"]


def test_a_pull_repairs_what_is_damaged(hub: Hub) -> None:
    """The only way out would be to remove the model and fetch all of it."""
    hub.add(NAME, FILES)
    weights = find(NAME).path / "pytorch_model.bin"
    weights.resolve().write_bytes(bytes(len(WEIGHTS)))
    hub.requests.clear()
    assert directory(find(NAME, refresh=True).path) == FILES
    assert hub.fetched() == ["pytorch_model.bin"]


# Revisions


def test_a_model_stays_as_it_is_until_it_is_pulled(hub: Hub) -> None:
    """Yesterday's translations could not be repeated; or the same weights come twice."""
    old = hub.add(NAME, FILES)
    find(NAME)
    new = hub.add(NAME, {**FILES, "vocab.json": b'{"a": 1}'})
    assert find(NAME).revision == old
    hub.requests.clear()
    assert find(NAME, refresh=True).revision == new
    assert hub.fetched() == ["vocab.json"]
    assert find(NAME).revision == new
    assert find(f"{NAME}@{old}", offline=True).revision == old


def test_a_revision_is_a_branch_a_tag_or_a_commit(hub: Hub, request: pytest.FixtureRequest) -> None:
    tag = hub.add(NAME, {**FILES, "vocab.json": b'{"v": 1}'}, "v1.0")
    branch = hub.add(NAME, {**FILES, "vocab.json": b'{"v": 2}'}, "refs/pr/1")
    commit = hub.add(NAME, FILES)
    names = {f"{NAME}@v1.0": tag, f"{NAME}@refs/pr/1": branch, f"{NAME}@{commit}": commit}
    assert {name: find(name).revision for name in names} == names
    assert all(find(name).name == NAME for name in names)
    assert "has no revision 'v9'" in refusal(f"{NAME}@v9")
    request.getfixturevalue("no_sockets")
    assert {name: find(name).revision for name in names} == names


# Hostile values


@pytest.mark.parametrize(
    "name",
    [
        "",
        "mini2",
        "org/",
        "/no/such/place",
        "../../evil",
        "org/..",
        "org/a/b",
        "org/a--b",
        "org/name@",
        "org/name@../../main",
        "org/name@/abs",
        "https://example.org/model",
        "org\\name",
        "org/na\0me",
        "org/näme",
        "x" * 5000,
    ],
)
@pytest.mark.usefixtures("no_sockets")
def test_a_name_that_is_none_is_refused(name: str) -> None:
    """A name could lead out of the cache, or to another server."""
    assert "no model is called" in refusal(name)


# Directories and bundled models


@pytest.mark.usefixtures("no_sockets")
def test_a_directory_is_a_model(tmp_path: Path) -> None:
    path = write(tmp_path / "model", FILES)
    snapshot = find(str(path))
    assert (snapshot.name, snapshot.path) == (str(path), path)
    assert find(str(path)) == snapshot
    (path / "README.md").touch()
    assert find(str(path)) == snapshot
    (path / "pytorch_model.bin").write_bytes(WEIGHTS[::-1])
    assert find(str(path)).revision != snapshot.revision


@pytest.mark.parametrize("missing", FILES)
def test_a_directory_that_lacks_a_file_is_no_model(tmp_path: Path, missing: str) -> None:
    path = write(tmp_path / "model", FILES)
    (path / missing).unlink()
    assert missing in refusal(str(path))


@pytest.mark.usefixtures("no_sockets")
def test_a_directory_wins_over_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "org" / "model", FILES)
    monkeypatch.chdir(tmp_path)
    assert find(NAME).path == tmp_path / "org" / "model"


@pytest.mark.usefixtures("no_sockets")
def test_a_bundled_model_wins_over_a_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--bundled` would run whatever lies where the user stands."""
    monkeypatch.setattr(hub, "BUNDLED", tmp_path / "bundled")
    write(tmp_path / "bundled" / "mini", FILES)
    write(tmp_path / "here" / "mini", FILES)
    monkeypatch.chdir(tmp_path / "here")
    bundled = find("mini")
    assert bundled.path == tmp_path / "bundled" / "mini"
    shutil.copytree(bundled.path, tmp_path / "copies" / "mini")
    monkeypatch.setattr(hub, "BUNDLED", tmp_path / "copies")
    assert find("mini").revision == bundled.revision
    assert find("./mini").path == tmp_path / "here" / "mini"


def test_slugs_are_one_component_and_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One model's conversion would be taken for another's."""
    for place in ("a", "b"):
        write(tmp_path / place / "my--model ö", FILES)
    monkeypatch.chdir(tmp_path / "a")
    names = ["org/model", "mini", str(tmp_path / "a" / "my--model ö"), str(tmp_path / "b")]
    slugs = [slug(name) for name in names]
    assert len(set(slugs)) == len(names)
    assert all(s == Path(s).name and s.isascii() for s in slugs)
    assert slug("my--model ö") == slugs[2]
    assert ["--" in s for s in slugs] == [True, False, False, False]


def test_conversions_go_where_the_user_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert conversions_dir() == tmp_path / "depesche" / "converted"
    monkeypatch.delenv("DEPESCHE_CACHE")
    assert conversions_dir().name == "converted"
