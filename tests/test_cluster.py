"""What a user of a cluster would lose: articles, the equal output, or hours when a machine goes."""

import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from depesche import cli
from depesche.archive import Archive
from depesche.batch import Batch
from depesche.cluster import Cluster
from depesche.export import failures_file
from seq2seq import ModelError
from tests import batch_child, cluster_child
from tests.batch_child import batch

pytestmark = [
    pytest.mark.skipif(not find_spec("ray"), reason="Ray is not installed"),
    pytest.mark.skipif(os.name == "nt", reason="processes are killed as POSIX has it"),
]

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A cluster with room for two workers that take a GPU each; it ends with the module."""
    # Else Ray would leave a token in the home of who runs the tests. It reads this when imported.
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    os.environ |= token
    command = [sys.executable, "-m", "tests.cluster_child"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True
    ) as server:
        assert server.stdout
        port = server.stdout.readline().strip().rpartition(":")[2]
        assert port
        yield f"127.0.0.1:{port}"
    for name in token:
        del os.environ[name]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """By which the workers of `cluster` and the tests speak to each other."""
    return tmp_path_factory.mktemp("workers")


@pytest.fixture(scope="module")
def cluster(address: str, folder: Path) -> Iterator[Cluster]:
    """Two workers, which take all of it: tests that connect on their own come before."""
    with Cluster(address, 1, partial(cluster_child.build, folder)) as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("depesche.pipeline.WINDOW", batch_child.WINDOW)


def archive(path: Path, count: int) -> Path:
    """An archive that has something wrong with it here and there."""
    lines = [
        json.dumps(
            {"id": f"{n}", "text": f"Im Ort {n} steht ein Haus. Nebenan wächst ein Baum {n}."}
        )
        for n in range(count)
    ]
    if count > 40:
        lines[17], lines[30] = "{ kaputt", json.dumps({"id": "30", "text": "* * *"})
        lines[38] = json.dumps({"id": "3", "text": "Ein anderer Text mit derselben Kennung."})
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def contents(output: Path) -> tuple[bytes, bytes]:
    return output.read_bytes(), failures_file(output).read_bytes()


def until(condition: Callable[[], Any], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_command_writes_the_same_with_workers_and_without(
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = archive(tmp_path / "archive.jsonl", 4)

    def run(output: str, *options: str) -> int:
        command = ["depesche", "batch", str(source), str(tmp_path / output), "--bundled"]
        monkeypatch.setattr(sys, "argv", [*command, *options])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        return int(stopped.value.code or 0)

    summary = tmp_path / "summary.json"
    assert run("one.jsonl") == 0
    assert (
        run("many.jsonl", "--ray", address, "--gpus-per-worker=2", "--summary", str(summary)) == 0
    )
    said = capsys.readouterr()
    assert said.out == ""
    assert "1 worker on the cluster" in said.err
    assert (tmp_path / "many.jsonl").read_bytes() == (tmp_path / "one.jsonl").read_bytes()
    assert json.loads(summary.read_text())["tokens"] > 20
    assert run("many.jsonl", "--ray", address, "--gpus-per-worker", "1.5") == 2
    assert "a part of one GPU, or a whole number" in capsys.readouterr().err
    assert run("many.jsonl", "--gpus-per-worker", "1") == 2
    assert "is for the workers of --ray" in capsys.readouterr().err


def test_the_driver_is_killed_and_the_next_one_goes_on(
    address: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    source, output = archive(tmp_path / "archive.jsonl", 200), tmp_path / "many.jsonl"
    batch(tmp_path / "one.jsonl").run(Archive(source))
    command = [sys.executable, "-m", "tests.cluster_child", address, source, output]
    with subprocess.Popen(list(map(str, command)), cwd=ROOT) as driver:
        until(lambda: len(list(tmp_path.glob("*.kept"))) >= 3)
        driver.kill()
    assert not output.exists()
    run = Batch(request.getfixturevalue("cluster"), output, "jsonl")
    run.run(Archive(source))
    assert 0 < run.summary.before < 197
    assert contents(output) == contents(tmp_path / "one.jsonl")


def test_one_of_two_workers_is_killed_and_the_output_is_that_of_one_machine(
    cluster: Cluster, folder: Path, tmp_path: Path
) -> None:
    source = archive(tmp_path / "archive.jsonl", 300)
    batch(tmp_path / "one.jsonl").run(Archive(source))
    run = Batch(cluster, tmp_path / "many.jsonl", "jsonl")
    killed: list[int] = []

    def kill() -> None:
        until(lambda: run.summary.done > 40 and len(list(folder.glob("*.pid"))) == 2)
        killed.append(int(next(folder.glob("*.pid")).stem))
        os.kill(killed[0], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    run.run(Archive(source))
    killer.join()
    assert killed
    assert (run.summary.done, run.summary.failures) == (297, 3)
    assert contents(tmp_path / "many.jsonl") == contents(tmp_path / "one.jsonl")


def test_an_article_that_ends_every_worker_is_a_failure_and_stops_nothing(
    cluster: Cluster, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("depesche.cluster.TRIES", 1)
    (folder / "fragile").touch()
    source, output = archive(tmp_path / "archive.jsonl", 8), tmp_path / "many.jsonl"
    Batch(cluster, output, "jsonl").run(Archive(source))
    (folder / "fragile").unlink()
    ids = [json.loads(line)["id"] for line in output.read_text(encoding="utf-8").splitlines()]
    assert ids == ["0", "1", "2", "3", "4", "6", "7"]
    failure = json.loads(failures_file(output).read_text(encoding="utf-8"))
    assert failure["id"] == "5"
    assert "1 workers ended over this" in failure["reason"]


def test_no_cluster_and_no_ray_are_said_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = partial(cluster_child.build, tmp_path)
    for address in ("127.0.0.1:1", "ray://127.0.0.1:1", "127.0.0.1:x"):
        with pytest.raises(ModelError, match=f"^no Ray cluster at {address}: [^\n]+$"):
            Cluster(address, None, build)
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ModelError, match=r"pip install 'depesche\[ray\]'$"):
        Cluster("auto", None, build)
