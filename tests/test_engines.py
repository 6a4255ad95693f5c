"""Without this, the fast engine could say something else than the model it was made from."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import seq2seq
from seq2seq import Decoding, InputTooLong, Model, ModelError, ctranslate2_engine
from tests.tiny import ENGLISH, GERMAN

Load = Callable[[str, str], Model]

SEARCHES = {
    "greedy": Decoding(beam=1, max_tokens=40),
    "beam": Decoding(beam=4, hypotheses=4, max_tokens=40),
    "lengths": Decoding(beam=4, min_tokens=6, max_tokens=24),
    "ratio": Decoding(beam=6, hypotheses=2, max_ratio=1.0),
    "pairs": Decoding(beam=3, length_penalty=0.5, no_repeat_ngram=2, max_tokens=24),
    "summary": Decoding(beam=4, length_penalty=2.0, no_repeat_ngram=3, min_tokens=9, max_tokens=40),
}


@pytest.fixture(scope="module")
def load(tiny_marian_dir: Path, tiny_bart_dir: Path) -> Load:
    directories = {"marian": tiny_marian_dir, "bart": tiny_bart_dir}
    loaded: dict[tuple[str, str], Model] = {}

    def load(kind: str, engine: str) -> Model:
        if (kind, engine) not in loaded:
            loaded[kind, engine] = seq2seq.load(
                str(directories[kind]), engine=engine, device="cpu", compute_type="float32"
            )
        return loaded[kind, engine]

    return load


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("kind", ["marian", "bart"])
def test_both_engines_give_the_same_tokens(load: Load, kind: str, search: str) -> None:
    sentences = GERMAN if kind == "marian" else ENGLISH
    texts = sentences[:12] + [" ".join(sentences[i : i + 3]) for i in range(4)]
    fast, reference = (load(kind, engine) for engine in ("ctranslate2", "torch"))
    found = fast.generate(texts, SEARCHES[search])
    assert found == reference.generate(texts, SEARCHES[search])
    assert len({h[0].text for h in found}) > 6, "the model says the same to everything"


@pytest.mark.parametrize("engine", ["ctranslate2", "torch"])
def test_a_target_holds_no_piece_that_only_german_is_written_with(load: Load, engine: str) -> None:
    """A translator that looks at those too does nearly twice the work, and may say German."""
    model = load("marian", engine)
    tokenizer: Any = model._tokenizer
    held = set(tokenizer.targets())
    assert len(held) < 0.7 * len(tokenizer.vocabulary())
    sources = tokenizer.encode(GERMAN)
    found = model._engine.generate(sources, [SEARCHES["beam"]] * len(sources))
    assert held.issuperset(token for targets in found for t in targets for token in t.tokens)
    assert not held.issuperset(token for source in sources for token in source)


@pytest.mark.parametrize("engine", ["ctranslate2", "torch"])
def test_a_vocabulary_may_have_a_token_more_than_the_weights(
    load: Load, engine: str, tiny_bart_dir: Path, tmp_path: Path
) -> None:
    """The default summarizer's has: it would not load."""
    path = tmp_path / "model"
    shutil.copytree(tiny_bart_dir, path)
    vocabulary = json.loads((path / "vocab.json").read_text(encoding="utf-8"))
    size = json.loads((path / "config.json").read_text(encoding="utf-8"))["vocab_size"]
    vocabulary["<more>"] = size
    (path / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    model = seq2seq.load(str(path), engine=engine, device="cpu", compute_type="float32")
    found = model.generate(ENGLISH[:3], SEARCHES["summary"])
    assert found == load("bart", engine).generate(ENGLISH[:3], SEARCHES["summary"])


@pytest.mark.parametrize("engine", ["ctranslate2", "torch"])
def test_results_come_back_in_order(load: Load, engine: str) -> None:
    """Batches are sorted by length; the caller must not notice."""
    model = load("marian", engine)
    texts = [GERMAN[0], "Ja.", GERMAN[4], "Nein!", GERMAN[2]]
    together = model.generate(texts, SEARCHES["ratio"])
    assert together == [model.generate([text], SEARCHES["ratio"])[0] for text in texts]


def test_more_than_one_batch_loses_nothing(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load("marian", "ctranslate2")
    whole = model.generate(GERMAN, SEARCHES["greedy"])
    monkeypatch.setattr(model._engine, "_budget", 64)
    assert model.generate(GERMAN, SEARCHES["greedy"]) == whole


def test_every_worker_has_as_many_batches(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """One core would wait for the last batch of the other."""
    model = load("marian", "ctranslate2")
    engine: Any = model._engine
    budgets: list[int] = []
    start = engine._start

    def counted(sources: Any, search: Decoding, budget: int) -> Any:
        budgets.append(budget)
        return start(sources, search, budget)

    monkeypatch.setattr(engine, "_start", counted)
    monkeypatch.setattr(engine, "_workers", 2)
    total = sum(model.count(GERMAN))
    for whole in (total, total - 1, total // 2, total // 3, total // 5):
        monkeypatch.setattr(engine, "_budget", whole)
        model.generate(GERMAN, SEARCHES["greedy"])
        batches = -(-total // budgets[-1])
        assert budgets[-1] <= whole
        assert batches % 2 == 0


CPUINFO = """processor : 0
flags : fpu avx avx2 {}
processor : 1
flags : fpu avx avx2 {}
"""


@pytest.mark.parametrize(
    ("flags", "given", "used"),
    [
        ("avx512f avx512cd avx512vl avx512bw avx512dq", None, "AVX512"),
        ("avx512f avx512cd", None, None),
        ("avx512f avx512cd avx512vl avx512bw avx512dq", "AVX2", "AVX2"),
    ],
)
def test_the_widest_vectors_are_used_where_there_are_any(
    flags: str, given: str | None, used: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for what the CPU has not, CTranslate2 does not start; asked for nothing, it is slow."""
    (tmp_path / "cpuinfo").write_text(CPUINFO.format(flags, flags))
    monkeypatch.setattr(ctranslate2_engine, "CPU_FLAGS", tmp_path / "cpuinfo")
    environment = {"CT2_FORCE_CPU_ISA": given} if given else {}
    monkeypatch.setattr(os, "environ", environment)
    ctranslate2_engine._use_avx512()
    assert environment.get("CT2_FORCE_CPU_ISA") == used


class SmallGpu:
    """CTranslate2's translator, with memory for `most` tokens a batch."""

    def __init__(self, translator: Any, most: int) -> None:
        self._translator = translator
        self._most = most

    def translate_batch(self, sources: Any, prefix: Any, **settings: Any) -> Any:
        if settings["max_batch_size"] > self._most:
            return [self] * len(sources)
        return self._translator.translate_batch(sources, prefix, **settings)

    def result(self) -> None:
        raise RuntimeError("CUDA failed with error out of memory")


def test_where_a_gpus_memory_runs_out_ctranslate2_gets_smaller_batches(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load("marian", "ctranslate2")
    engine: Any = model._engine
    whole = model.generate(GERMAN, SEARCHES["beam"])
    monkeypatch.setattr(engine, "_budget", 4096)
    monkeypatch.setattr(engine, "_translator", SmallGpu(engine._translator, most=120))
    assert model.generate(GERMAN, SEARCHES["beam"]) == whole
    assert engine._budget <= 120, "what did not fit is not tried again"
    engine._translator = SmallGpu(engine._translator, most=5)
    with pytest.raises(ModelError, match="no memory for a text of"):
        model.generate(GERMAN, SEARCHES["beam"])


@pytest.mark.parametrize("engine", ["ctranslate2", "torch"])
def test_a_source_over_the_limit_is_refused_not_cut(load: Load, engine: str) -> None:
    model = load("marian", engine)
    long = " ".join(GERMAN * 4)
    assert model.count([long])[0] > model.limit
    with pytest.raises(InputTooLong) as caught:
        model.generate(["Ja.", long], Decoding())
    assert caught.value.index == 1


def test_no_text_no_work(load: Load) -> None:
    assert load("marian", "ctranslate2").generate([], Decoding()) == []


def test_a_hypothesis_that_met_its_limit_says_so(load: Load) -> None:
    model = load("marian", "ctranslate2")
    whole = model.generate(GERMAN, Decoding(beam=1, max_tokens=40))
    cut = model.generate(GERMAN, Decoding(beam=1, max_tokens=3))
    assert [c == w for c, w in zip(cut, whole, strict=True)] == [c[0].complete for c in cut]
    assert {c[0].complete for c in cut} == {True, False}


def test_the_models_own_settings_are_read(load: Load) -> None:
    bart = load("bart", "ctranslate2")
    assert bart.decoding == Decoding(
        beam=4, length_penalty=2.0, no_repeat_ngram=3, max_tokens=bart.limit - 2
    )
    assert load("marian", "ctranslate2").limit == 512


def test_weights_may_wait_until_they_are_needed(
    load: Load, tiny_marian_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that finds everything done would wait seconds for a large model."""
    asked: list[str] = []
    load_now = seq2seq.model._ctranslate2

    def counted(*arguments: Any) -> Any:
        asked.append("loaded")
        return load_now(*arguments)

    monkeypatch.setattr(seq2seq.model, "_ctranslate2", counted)
    model = seq2seq.load(
        str(tiny_marian_dir),
        engine="ctranslate2",
        device="cpu",
        compute_type="float32",
        deferred=True,
    )
    now = load("marian", "ctranslate2")
    assert (model.recipe, model.limit, model.decoding) == (now.recipe, now.limit, now.decoding)
    asked.clear()
    assert (model.generate([], Decoding()), asked) == ([], [])
    for _ in range(2):
        found = model.generate(GERMAN[:2], SEARCHES["greedy"])
        assert found == now.generate(GERMAN[:2], SEARCHES["greedy"])
    assert asked == ["loaded"]


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"engine": "onnx"}, "native, ctranslate2, torch"),
        ({"device": "tpu"}, "auto, cpu and cuda"),
        ({"compute_type": "int3"}, "int3"),
        ({"engine": "torch", "compute_type": "int8"}, "int8"),
    ],
)
def test_what_does_not_exist_is_said(tiny_marian_dir: Path, how: dict[str, str], says: str) -> None:
    with pytest.raises(ModelError, match=says):
        seq2seq.load(str(tiny_marian_dir), **{"device": "cpu", **how})  # type: ignore[arg-type]


def test_a_gpu_that_is_not_there_is_said(tiny_marian_dir: Path) -> None:
    import ctranslate2

    if ctranslate2.get_cuda_device_count():
        pytest.skip("there is one")
    with pytest.raises(ModelError, match="--device cpu"):
        seq2seq.load(str(tiny_marian_dir), device="cuda")


def test_limits_that_contradict_are_a_programming_error() -> None:
    with pytest.raises(ValueError, match="5 hypotheses"):
        Decoding(beam=4, hypotheses=5)
    with pytest.raises(ValueError, match="min_tokens"):
        Decoding(min_tokens=9, max_tokens=3)
