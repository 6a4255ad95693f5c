"""Without this, the bench for GPUs would break on the first machine that has one."""

import json
import sys
from pathlib import Path

import pytest

from bench import gpu


@pytest.mark.filterwarnings("ignore:Recommended. pip install sacremoses")
def test_the_bench_runs_without_a_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "gpu.json"
    command = f"gpu --device cpu --mini --sentences 16 --json {out}"
    monkeypatch.setattr(sys, "argv", command.split())
    monkeypatch.setattr(gpu, "TOKENS", 4)
    gpu.main()
    made = json.loads(out.read_text(encoding="utf-8"))
    assert [(f["contender"], f["beam"]) for f in made["figures"]] == [
        (contender, beam)
        for beam in (4, 1)
        for contender in ("torch", "ctranslate2", "transformers loop")
    ]
    assert all(f["arithmetic"] > 0 and f["tokens_per_second"] > 0 for f in made["figures"])


def test_the_least_work_is_that_of_the_parameters() -> None:
    """opus-mt: 74 million parameters, of which 30 million are embeddings and output."""
    from bench.weights import OPUS_MT

    tokens = gpu.TOKENS + 1
    flops, traffic = gpu.least(OPUS_MT, [1], beam=1, rows=1, item=2)
    decoder = 6 * (6 * 512**2 + 2 * 512 * 2048) + 512 * 58101
    assert flops == pytest.approx(2 * tokens * decoder, rel=0.05)
    assert traffic == pytest.approx(2 * tokens * decoder, rel=0.05)
    wide = gpu.least(OPUS_MT, [27], beam=4, rows=4096, item=2)
    assert wide[0] > 4 * flops
    assert wide[1] < traffic, "the weights are read for many beams at once"
