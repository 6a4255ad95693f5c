"""Without this, a GPU would wait for Python, or a driver that cannot record would stop the work.

There is no GPU here: the doubles stand where torch meets the driver.
"""

import contextlib
import json
import weakref
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pytest
import torch

from seq2seq import Decoding
from seq2seq.beam import Search
from seq2seq.graphs import ALONE, Recorder, Step
from seq2seq.torch_engine import CUDA_BEAMS, TorchReplica

GIB = 1 << 30


class Graph:
    """What is recorded runs when it is replayed."""

    broken = False
    pools: ClassVar[list[Any]] = []  # of each recording; None: one of its own

    def capture_begin(self, pool: Any, capture_error_mode: str) -> None:
        assert capture_error_mode == "thread_local", "other threads allocate meanwhile"
        assert ALONE.locked(), "torch records one at a time"
        self.pools.append(pool)

    def pool(self) -> Any:
        return "pool"

    def capture_end(self) -> None:
        if self.broken:
            raise RuntimeError("capture failed")

    def replay(self) -> None:
        steps.append("replayed")


steps: list[str] = []


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    steps.clear()
    Graph.pools.clear()
    nothing = contextlib.nullcontext()
    stream = SimpleNamespace(synchronize=lambda: steps.append("waited"))
    for name, value in {
        "CUDAGraph": Graph,
        "Stream": lambda device: stream,
        "current_stream": lambda: stream,
        "empty_cache": lambda: steps.append("emptied"),
        "device": lambda device: nothing,
        "stream": lambda stream: nothing,
    }.items():
        monkeypatch.setattr(torch.cuda, name, value)
    return Recorder(torch.device("cuda:0"))


def test_a_step_is_recorded_once_and_replayed(recorder: Recorder) -> None:
    replay = recorder(lambda: steps.append("recorded"))
    assert replay
    replay()
    replay()
    assert steps == ["waited", "recorded", "replayed", "replayed"]


def test_recordings_share_their_memory_until_it_is_given_back(recorder: Recorder) -> None:
    """A pool without a recording is dead: torch refuses to record into it."""
    for _ in range(2):
        recorder(lambda: None)
    steps.clear()
    recorder.release()
    assert steps == ["waited", "emptied"]
    recorder(lambda: None)
    assert Graph.pools == [None, "pool", None]


def failing(error: Exception) -> Callable[[], None]:
    def step() -> None:
        raise error

    return step


def test_where_a_driver_cannot_record_steps_run_as_they_are(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = failing(RuntimeError("operation not permitted when stream is capturing"))
    monkeypatch.setattr(Graph, "broken", True)
    assert recorder(step) is None
    steps.clear()
    assert recorder(step) is None
    assert steps == [], "it is not tried again"


def test_memory_that_runs_out_while_recording_is_told(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Graph, "broken", True)
    with pytest.raises(torch.OutOfMemoryError):
        recorder(failing(torch.OutOfMemoryError("CUDA out of memory")))
    monkeypatch.setattr(Graph, "broken", False)
    assert recorder(lambda: None), "a smaller batch may be recorded"
    assert Graph.pools == [None, None], "into memory of its own"


class Unrecorded:
    """Where nothing can be recorded."""

    def __call__(self, step: Step) -> None:
        pass

    def release(self) -> None:
        steps.append("released")


@pytest.fixture
def replica(tiny_marian_dir: Path, monkeypatch: pytest.MonkeyPatch) -> TorchReplica:
    """A model that takes itself to be on a GPU, which has what memory a test says."""
    pad = json.loads((tiny_marian_dir / "config.json").read_text("utf-8"))["pad_token_id"]
    made = TorchReplica(tiny_marian_dir, "cpu", "float32", list(range(pad + 1)), [], 0)
    made._record, made._bytes = cast(Recorder, Unrecorded()), float("inf")
    free(monkeypatch, GIB)
    return made


def free(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (size, 80 * GIB))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: size)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: size)


def test_batches_are_as_large_as_a_gpus_memory_and_no_larger_than_helps(
    replica: TorchReplica, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert replica.room(20, 60, 4) == CUDA_BEAMS // 4
    free(monkeypatch, GIB // 64)
    little = replica.room(20, 60, 4)
    assert 1 < little < CUDA_BEAMS // 4
    assert replica.room(20, 60, 8) < little
    assert replica.room(200, 600, 4) < little / 5
    free(monkeypatch, 0)
    assert replica.room(20, 60, 4) == 1, "whether one fits, only a trial tells"


def test_what_a_gpu_had_no_memory_for_is_halved(
    replica: TorchReplica, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    decoding = Decoding(max_tokens=60)
    monkeypatch.setattr("seq2seq.transformer.Transformer.remember", lacking)
    steps.clear()
    assert replica.search([[5] * 20] * 100, decoding, [60] * 100) is None
    assert steps == ["released"]
    assert replica.room(20, 60, 4) == 50


def test_what_cannot_be_recorded_is_searched_and_not_held_on_to(replica: TorchReplica) -> None:
    searches = weakref.WeakSet[Search]()
    begin = Search.__init__

    def watched(self: Search, *how: Any) -> None:
        searches.add(self)
        begin(self, *how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Search, "__init__", watched)
        found = replica.search([[5] * 20] * 3, Decoding(max_tokens=20), [20] * 3)
    assert found and len(found) == 3
    assert not searches, "a batch's memory is free without the garbage collector"
