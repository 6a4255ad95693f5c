"""What comes from a hub, and how: it is one on loopback."""

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from huggingface_hub import constants

from seq2seq import cache
from seq2seq.errors import ModelError
from seq2seq.hub import find
from tests.conftest import BART, MARIAN
from tests.hub import FILES, NAME, WEIGHTS, Hub, directory, refusal, safetensors

# What is fetched


def test_only_what_a_marian_model_needs_is_fetched(
    models_on_hub: Hub, tiny_marian_dir: Path
) -> None:
    """A pull would take over a gigabyte instead of 300 MB."""
    snapshot = find(MARIAN)
    assert snapshot.name == MARIAN
    assert snapshot.revision == models_on_hub.refs[MARIAN, "main"]
    expected = {file.name: file.read_bytes() for file in tiny_marian_dir.iterdir()}
    assert directory(snapshot.path) == expected
    assert sorted(models_on_hub.fetched()) == sorted(expected)


@pytest.mark.usefixtures("models_on_hub")
def test_only_what_a_bart_model_needs_is_fetched(tiny_bart_dir: Path) -> None:
    snapshot = find(BART)
    assert directory(snapshot.path).keys() == {file.name for file in tiny_bart_dir.iterdir()}


def test_safetensors_are_preferred_and_come_alone(hub: Hub) -> None:
    """The same weights would be fetched twice, or those with pickle be loaded."""
    hub.add(NAME, {**FILES, "model.safetensors": safetensors(b"x" * 99)})
    expected = {*FILES, "model.safetensors"} - {"pytorch_model.bin"}
    assert directory(find(NAME).path).keys() == expected


def test_weights_in_several_files_come_together(hub: Hub) -> None:
    shards = {f"pytorch_model-0000{i}-of-00002.bin": b"%d" % i for i in (1, 2)}
    files = {**FILES, **shards, "pytorch_model.bin.index.json": b"{}"}
    del files["pytorch_model.bin"]
    hub.add(NAME, files)
    assert directory(find(NAME).path) == files


def test_the_hub_learns_nothing_but_the_files_wanted(hub: Hub) -> None:
    """A user would be counted, with what is installed."""
    hub.add(NAME, FILES)
    find(NAME)
    listing, *others = hub.requests
    assert listing.path.startswith(f"/api/models/{NAME}/revision/main")
    assert [r.path for r in others if "/resolve/" not in r.path] == []
    assert all("torch" not in r.headers["user-agent"] for r in hub.requests)


# Connections that break


def test_a_broken_connection_is_taken_up(hub: Hub) -> None:
    """On a bad line a large model would never arrive."""
    hub.add(NAME, FILES)
    hub.faults.cut = 130_000
    assert directory(find(NAME).path) == FILES
    ranges = [r.headers["range"] for r in hub.requests if "range" in r.headers]
    assert ranges == ["bytes=130000-", "bytes=260000-"]


def test_the_next_pull_goes_on_where_the_last_broke_off(hub: Hub) -> None:
    """After a break 1.2 GB would start at zero."""
    hub.add(NAME, FILES)
    hub.faults.cut = 130_000

    def fail(_name: str, done: int, _total: int) -> None:
        hub.faults.status = 503 if done > 100_000 else None

    with pytest.raises(ModelError, match="503"):
        find(NAME, progress=fail)
    hub.reset()
    assert directory(find(NAME).path) == FILES
    assert [r.headers.get("range") for r in hub.requests][1:] == ["bytes=130000-"]


def test_an_interrupted_pull_goes_on(hub: Hub) -> None:
    hub.add(NAME, FILES)

    def interrupt(_name: str, done: int, _total: int) -> None:
        if done > 100_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        find(NAME, progress=interrupt)
    assert "is not on this machine" in refusal(offline=True)
    hub.faults.whole = True  # not every server continues: then all of it comes, and once
    assert directory(find(NAME).path) == FILES


def test_a_file_that_arrives_damaged_is_not_kept(hub: Hub) -> None:
    """Damaged weights would translate to nonsense for ever."""
    hub.add(NAME, FILES)
    hub.faults.spoil = True
    assert "arrived damaged" in refusal()
    hub.reset()
    assert directory(find(NAME).path) == FILES


def test_a_file_that_never_ends_does_not_fill_the_disk(hub: Hub) -> None:
    hub.add(NAME, FILES)
    hub.faults.surplus = b"!" * 10
    assert "larger than the hub says" in refusal()


def test_a_server_that_falls_silent_is_given_up(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add(NAME, FILES)
    hub.faults.stall = 0.3
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 0.1)
    assert "cannot be reached (timed out)" in refusal()


def test_two_pulls_at_once_fetch_once(hub: Hub) -> None:
    hub.add(NAME, FILES)
    hub.faults.stall = 0.05
    pulls = [threading.Thread(target=find, args=(NAME,)) for _ in range(2)]
    for pull in pulls:
        pull.start()
    for pull in pulls:
        pull.join()
    assert sorted(hub.fetched()) == sorted(FILES)
    assert directory(find(NAME, offline=True).path) == FILES


# What cannot be had


@pytest.mark.parametrize(("status", "says"), [(None, "does not exist"), (404, "does not exist")])
def test_a_model_that_does_not_exist(hub: Hub, status: int | None, says: str) -> None:
    """The hub answers 401 for a model that it does not know."""
    hub.faults.status = status
    assert says in refusal("org/nothing")


def test_a_hub_that_fails(hub: Hub) -> None:
    hub.faults.status = 500
    assert "error 500; try again later" in refusal()


@pytest.mark.parametrize("answer", [b"<html>Welcome to the hotel</html>", b"{}", b"[]"])
def test_a_portal_is_not_taken_for_a_hub(hub: Hub, answer: bytes) -> None:
    hub.faults.answer = answer
    assert "does not answer as a model hub does" in refusal()


def test_without_network_the_message_names_the_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:1")
    message = refusal()
    assert "cannot be reached" in message
    for way in ("--bundled", f"depesche models pull {NAME}", "depesche models unpack FILE"):
        assert way in message


@pytest.mark.parametrize("refresh", [False, True])
@pytest.mark.usefixtures("no_sockets")
def test_offline_touches_no_network(refresh: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(offline=True, refresh=refresh)
    assert "--bundled" in message
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert refusal(refresh=refresh) == message


@pytest.mark.parametrize(
    "config",
    [
        b'{"model_type": "bert", "architectures": ["BertModel"]}',
        b'{"model_type": "bart", "is_encoder_decoder": false}',
        b"{}",
    ],
)
def test_no_weights_are_fetched_of_what_does_not_run_here(hub: Hub, config: bytes) -> None:
    hub.add(NAME, {**FILES, "config.json": config})
    assert "no encoder–decoder" in refusal()
    assert hub.fetched() == ["config.json"]


def test_weights_of_another_framework_are_not_enough(hub: Hub) -> None:
    hub.add(NAME, {**{n: FILES[n] for n in FILES if n != "pytorch_model.bin"}, "tf_model.h5": b"x"})
    assert "it has no model.safetensors or pytorch_model.bin" in refusal()
    assert hub.fetched() == ["config.json"]


@pytest.mark.parametrize("config", [None, b"\xff", b"[]", b"{"])
def test_a_repository_without_a_config_is_no_model(hub: Hub, config: bytes | None) -> None:
    hub.add(NAME, {"README.md": b"", **({"config.json": config} if config else {})})
    assert "it has no config.json" in refusal()


def test_a_model_that_is_damaged_on_the_hub(hub: Hub) -> None:
    """It would be asked for at each start, and never run."""
    hub.add(NAME, {**FILES, "vocab.json": b""})
    assert "its vocab.json is damaged" in refusal()


def test_a_full_disk_is_seen_before_it_is_full(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add(NAME, FILES)
    free = shutil.disk_usage("/")._replace(free=200_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: free)
    assert f"has no room for {NAME}" in refusal()
    assert "pytorch_model.bin" not in hub.fetched()


def test_a_cache_that_cannot_be_written(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add(NAME, FILES)
    (tmp_path / "file").touch()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "file"))
    assert "cannot write to" in refusal()


# What is seen of it


def test_progress_is_told(hub: Hub) -> None:
    hub.add(NAME, FILES)
    told: dict[str, list[tuple[int, int]]] = {}
    find(NAME, progress=lambda name, done, total: told.setdefault(name, []).append((done, total)))
    assert told.keys() == FILES.keys()
    assert told["pytorch_model.bin"][-1] == (len(WEIGHTS), len(WEIGHTS))
    assert told["pytorch_model.bin"] == sorted(told["pytorch_model.bin"])


def test_a_terminal_shows_a_bar(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.add(NAME, FILES)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    find(NAME)
    shown = capsys.readouterr()
    assert "pytorch_model.bin" in shown.err
    assert shown.out == ""


def test_in_a_pipe_nothing_but_the_result_is_written(hub: Hub) -> None:
    """The environment is honoured, and what a program prints is all there is to read."""
    commit = hub.add(NAME, FILES)
    code = f"from seq2seq.hub import find; print(find({NAME!r}).revision)"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert (run.stdout, run.stderr) == (f"{commit}\n", "")
    assert directory(find(NAME, offline=True).path) == FILES


def test_a_system_without_links_has_models_too(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows lets few users make links."""

    def refuse(*_: object) -> None:
        raise OSError("a required privilege is not held by the client")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    hub.add(NAME, FILES)
    assert directory(find(NAME).path) == FILES
    hub.requests.clear()
    assert directory(find(NAME, refresh=True).path) == FILES
    assert hub.fetched() == []
    assert not list((cache.folder(NAME) / "blobs").iterdir())


# What a hub must not be able to do


def test_file_names_of_a_hub_do_not_leave_the_cache(hub: Hub, tmp_path: Path) -> None:
    evil = {"../../../../evil": b"x", "/tmp/evil": b"x", "sub/vocab.json": b"x", "a\\b": b"x"}
    hub.add(NAME, {**FILES, **evil})
    assert directory(find(NAME).path).keys() == FILES.keys()
    inside = tmp_path / "hf"
    written = [p for p in tmp_path.rglob("*") if p.is_file() and not p.is_relative_to(inside)]
    assert written == []


@pytest.mark.parametrize("commit", ["../../evil", "main", "f" * 39])
def test_a_hub_cannot_invent_what_a_commit_is(hub: Hub, commit: str) -> None:
    hub.faults.answer = json.dumps({"id": NAME, "sha": commit, "siblings": []}).encode()
    assert "does not answer as a model hub does" in refusal()


def test_a_hub_cannot_invent_what_a_digest_is(hub: Hub, tmp_path: Path) -> None:
    sibling = {"rfilename": "config.json", "size": 1, "blobId": "../../../../evil"}
    listing = {"id": NAME, "sha": "0" * 40, "siblings": [sibling]}
    hub.faults.answer = json.dumps(listing).encode()
    assert "it has no config.json" in refusal()
    assert not list(tmp_path.rglob("evil*"))


def test_the_token_goes_to_the_hub_alone(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever serves the files could read a user's private models."""
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    elsewhere = Hub()
    try:
        hub.add(NAME, FILES)
        elsewhere.add(NAME, FILES)
        hub.faults.redirect = elsewhere.url
        find(NAME)
    finally:
        elsewhere.close()
    assert all(r.headers["authorization"] == "Bearer hf_secret" for r in hub.requests)
    assert len(elsewhere.requests) == len(FILES)
    assert all("authorization" not in r.headers for r in elsewhere.requests)
