"""Without this, a user would wait for conversions again, or run weights of another model."""

import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import seq2seq
from seq2seq import Decoding, ModelError, convert, native
from seq2seq.devices import ENGINES
from seq2seq.hub import Snapshot, conversions_dir, find
from tests.tiny import GERMAN, tiny_marian

GREEDY = Decoding(beam=1, max_tokens=20)
HERE = [engine for engine in ENGINES if engine != "native" or native.runs()]


@pytest.fixture
def snapshot(tiny_marian_dir: Path) -> Snapshot:
    return find(str(tiny_marian_dir))


@pytest.fixture
def conversions(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Counts conversions; each is still made, but in this process, which has torch already."""
    made: list[Path] = []

    def counted(snapshot: Snapshot, target: Path, compute_type: str, engine: str) -> None:
        made.append(target)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            convert.convert(snapshot.path, target, compute_type, engine)

    monkeypatch.setattr(convert, "_convert_apart", counted)
    return made


def test_a_model_is_converted_once(snapshot: Snapshot, conversions: list[Path]) -> None:
    first = convert.converted(snapshot, "int8")
    assert convert.converted(snapshot, "int8") == first
    assert len(conversions) == 1
    assert sorted(p.name for p in first.parent.iterdir()) == [first.name, f"{first.name}.lock"]


def test_another_compute_type_or_revision_is_another_conversion(
    snapshot: Snapshot, conversions: list[Path]
) -> None:
    later = Snapshot(snapshot.name, "another", snapshot.path)
    paths = {
        convert.converted(snapshot, "int8"),
        convert.converted(snapshot, "float32"),
        convert.converted(later, "int8"),
    }
    assert len(paths) == len(conversions) == 3


@pytest.mark.parametrize("damage", ["truncated", "flipped", "removed"])
def test_a_damaged_conversion_is_made_anew(
    snapshot: Snapshot, conversions: list[Path], damage: str
) -> None:
    weights = convert.converted(snapshot, "int8") / "model.bin"
    whole = weights.read_bytes()
    if damage == "removed":
        weights.unlink()
    elif damage == "truncated":
        weights.write_bytes(whole[:-100])
    else:
        weights.write_bytes(whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:])
    convert.converted(snapshot, "int8")
    assert weights.read_bytes() == whole
    assert len(conversions) == 2


def test_two_at_once_convert_once(snapshot: Snapshot, conversions: list[Path]) -> None:
    with ThreadPoolExecutor(3) as pool:
        paths = set(pool.map(lambda _: convert.converted(snapshot, "float32"), range(3)))
    assert len(paths) == 1
    assert len(conversions) == 1


@pytest.mark.parametrize("file", ["model.safetensors", "pytorch_model.bin"])
def test_damaged_weights_leave_one_line_and_nothing_half_made(tmp_path: Path, file: str) -> None:
    model = tiny_marian(tmp_path / "model", safetensors=file.endswith("safetensors"))
    weights = (model / file).read_bytes()
    (model / file).write_bytes(weights[: len(weights) // 2])
    with pytest.raises(ModelError) as caught:
        seq2seq.load(str(model))
    assert "\n" not in str(caught.value)
    assert "remove" not in str(caught.value), "depesche removes no directory of the user's"
    if (conversions := conversions_dir()).exists():
        assert not [p for p in conversions.iterdir() if p.is_dir()]


def test_weights_that_do_not_fill_the_model_are_refused(tmp_path: Path) -> None:
    """Transformers would fill the rest with random numbers, and the model would babble."""
    import torch

    model = tiny_marian(tmp_path / "model")
    state = torch.load(model / "pytorch_model.bin", weights_only=True)
    missing = next(name for name in state if name.endswith("decoder.layers.0.fc1.weight"))
    del state[missing]
    torch.save(state, model / "pytorch_model.bin")
    for engine in HERE:
        with pytest.raises(ModelError, match="fc1"):
            seq2seq.load(str(model), engine=engine)


def test_a_pickle_with_code_is_never_executed(tmp_path: Path) -> None:
    import pickle

    class Attack:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return exec, (f"open({str(tmp_path / 'owned')!r}, 'w').close()",)

    model = tiny_marian(tmp_path / "model")
    (model / "pytorch_model.bin").write_bytes(pickle.dumps(Attack()))
    for engine in HERE:
        with pytest.raises(ModelError) as caught:
            seq2seq.load(str(model), engine=engine)
        assert "weights_only" not in str(caught.value), "torch tells how to execute it"
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("engine", ["auto", "ctranslate2"])
def test_a_fast_engine_needs_neither_torch_nor_transformers(
    tiny_marian_dir: Path, engine: str
) -> None:
    seq2seq.load(str(tiny_marian_dir), engine=engine)
    code = (
        "import sys, seq2seq\n"
        f"model = seq2seq.load({str(tiny_marian_dir)!r}, engine={engine!r})\n"
        f"assert model.generate([{GERMAN[0]!r}], seq2seq.Decoding(beam=1))[0]\n"
        "print(sorted({'torch', 'transformers', 'huggingface_hub'} & set(sys.modules)))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
