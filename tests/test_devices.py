"""Without this, a GPU stays idle, or its missing library is a riddle."""

import shutil
import sys
from pathlib import Path

import pytest

from depesche import cli
from seq2seq import ModelError, devices
from seq2seq.devices import Place, place


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """GPUs that each engine finds; `cublas` says whether the library is there."""
    there = {"ctranslate2": 0, "torch": 0, "cublas": 1}
    monkeypatch.setattr(devices, "gpus", lambda engine: there[engine])
    monkeypatch.setattr(devices, "load_cublas", lambda: bool(there["cublas"]))
    return there


def test_without_a_gpu_the_cpu_is_used(machine: dict[str, int]) -> None:
    assert place("auto", "auto", "float32") == Place("ctranslate2", "cpu")
    assert place("torch", "cpu").devices == ["cpu"]


@pytest.mark.parametrize(
    ("device", "indices"),
    [("auto", (0, 1, 2)), ("cuda", (0, 1, 2)), ("cuda:1", (1,)), ("cuda:2,0", (2, 0))],
)
def test_all_gpus_or_those_asked_for(
    machine: dict[str, int], device: str, indices: tuple[int, ...]
) -> None:
    machine["ctranslate2"] = machine["torch"] = 3
    assert place("auto", device) == Place("ctranslate2", "cuda", indices)
    assert place("torch", device).devices == [f"cuda:{index}" for index in indices]
    assert place("auto", device, single=True).indices == indices[:1]


@pytest.mark.parametrize(
    ("device", "says"),
    [
        ("tpu", "auto, cpu and cuda"),
        ("cuda:", "cuda:0,1"),
        ("cuda:0,", "cuda:0,1"),
        ("cuda:2", "there is no cuda:2 here; ctranslate2 finds cuda:0 to cuda:1"),
        ("cuda:0,5", "no cuda:5"),
    ],
)
def test_a_device_that_is_not_there_is_said(
    machine: dict[str, int], device: str, says: str
) -> None:
    machine["ctranslate2"] = 2
    with pytest.raises(ModelError, match=says):
        place("auto", device)


def test_a_gpu_that_only_torch_finds_is_used_when_asked_for(machine: dict[str, int]) -> None:
    machine["torch"] = 1
    assert place("auto", "cuda") == Place("torch", "cuda")
    with pytest.raises(ModelError, match="--device cpu"):
        place("ctranslate2", "cuda")


def test_a_missing_cublas_is_named_with_its_remedy(machine: dict[str, int]) -> None:
    machine |= {"ctranslate2": 1, "cublas": 0}
    for engine, device in (("auto", "auto"), ("auto", "cuda:0"), ("ctranslate2", "cuda")):
        with pytest.raises(ModelError, match=r"cublas.*pip install 'depesche\[cuda\]'"):
            place(engine, device)
    assert place("auto", "cpu").kind == "cpu"


def test_without_cublas_torch_takes_over(machine: dict[str, int]) -> None:
    machine |= {"ctranslate2": 2, "torch": 2, "cublas": 0}
    assert place("auto", "auto") == Place("torch", "cuda", (0, 1))
    with pytest.raises(ModelError, match="depesche"):
        place("ctranslate2", "auto")


def test_cublas_is_found_where_pip_puts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ctranslate2

    libraries = list(Path(ctranslate2.__file__).parents[1].glob("ctranslate2.libs/libgomp*"))
    if not libraries:
        pytest.skip("no shared library at hand to put in its place")
    names = ("liblight_of_cublas.so.12", "libcublas_of_a_test.so.12")  # not to meet real ones
    monkeypatch.setattr(devices, "CUBLAS", names)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert not devices.load_cublas()
    folder = tmp_path / "nvidia" / "cublas" / "lib"
    folder.mkdir(parents=True)
    for name in names:
        shutil.copy(libraries[0], folder / name)
    assert devices.load_cublas()


@pytest.mark.parametrize("device", ["tpu", "cuda:9"])
def test_the_command_line_says_it_in_one_line(
    machine: dict[str, int],
    device: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    machine["ctranslate2"] = 2
    sample = str(Path(__file__).parents[1] / "samples" / "notiz.txt")
    monkeypatch.setattr(sys, "argv", ["depesche", "brief", "--bundled", "--device", device, sample])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    said = capsys.readouterr()
    assert (stopped.value.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert device in said.err
