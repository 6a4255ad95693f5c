"""The engine for most machines: CTranslate2, without torch."""

import ctypes
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seq2seq.devices import Place, cores
from seq2seq.engine import Decoding, Target
from seq2seq.errors import ModelError

# Source tokens a batch, padding included: on a CPU more only waits for the longest hypothesis.
CPU_BATCH_TOKENS = 640
CUDA_BATCH_TOKENS = 16384

CPU_FLAGS = Path("/proc/cpuinfo")
AVX512 = {"avx512f", "avx512cd", "avx512vl", "avx512bw", "avx512dq"}
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h


class CTranslate2Engine:
    """A converted model in memory."""

    def __init__(
        self, path: Path, prefix: Sequence[str], where: Place, compute_type: str, *, single: bool
    ) -> None:
        """Load the converted model in `path`, on each GPU of `where` or on the CPU.

        `prefix`: tokens that every target starts with, never part of a result.
        `single`: one text at a time is expected, so all cores work on one batch; otherwise each
        core works on a batch of its own, which is faster where there are many.
        """
        if where.kind == "cpu":
            _use_avx512()
            _keep_memory()
        import ctranslate2

        self._prefix = list(prefix)
        threads = 1 if single or where.kind == "cuda" else cores()  # on a device
        self._workers = threads * len(where.indices)
        self._budget = CUDA_BATCH_TOKENS if where.kind == "cuda" else CPU_BATCH_TOKENS
        try:
            self._translator = ctranslate2.Translator(
                str(path),
                device=where.kind,
                device_index=list(where.indices),
                compute_type=compute_type,
                inter_threads=threads,
                intra_threads=cores() // threads,
                max_queued_batches=-1,
            )
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"CTranslate2 cannot load {path}: {_first_line(error)}") from error

    def generate(
        self, sources: Sequence[Sequence[str]], searches: Sequence[Decoding]
    ) -> list[list[Target]]:
        """See `seq2seq.model.Engine`.

        Where memory runs out, on a GPU, what it was lacking for is tried again in half the batch.
        """
        targets: list[list[Target]] = [[] for _ in sources]
        waiting = list(range(len(sources)))
        while waiting:
            lengths = [len(sources[i]) for i in waiting]
            # As many batches for each worker, so that none waits for another's last one.
            rounds = -(-sum(lengths) // (self._budget * self._workers))
            budget = max(-(-sum(lengths) // (rounds * self._workers)), *lengths)
            waiting = self._fill(targets, waiting, sources, searches, budget)
            if waiting:
                longest = max(len(sources[i]) for i in waiting)
                if budget <= longest:
                    raise ModelError(
                        f"the GPU has no memory for a text of {longest} tokens; `--device cpu` "
                        "has more, and fewer beams need less"
                    )
                self._budget = budget // 2
        return targets

    def _fill(
        self,
        targets: list[list[Target]],
        indices: list[int],
        sources: Sequence[Sequence[str]],
        searches: Sequence[Decoding],
        budget: int,
    ) -> list[int]:
        """Set the targets at `indices`; returns those for which memory was lacking.

        Sources that share a search go in one call, all calls at once: CTranslate2 sorts by length
        within a call and keeps every worker busy across them.
        """
        calls: dict[Decoding, list[int]] = {}
        for index in indices:
            calls.setdefault(searches[index], []).append(index)
        pending = [
            (index, result)
            for search, same in calls.items()
            for index, result in zip(
                same, self._start([sources[i] for i in same], search, budget), strict=True
            )
        ]
        lacking = []
        for index, result in pending:
            try:
                targets[index] = self._targets(result.result())
            except RuntimeError as error:
                if "out of memory" not in str(error).lower():
                    raise
                lacking.append(index)
        return lacking

    def _start(self, sources: list[Sequence[str]], search: Decoding, budget: int) -> list[Any]:
        results: list[Any] = self._translator.translate_batch(
            sources,
            [self._prefix] * len(sources) if self._prefix else None,
            max_batch_size=budget,
            batch_type="tokens",
            asynchronous=True,
            beam_size=search.beam,
            num_hypotheses=search.hypotheses,
            length_penalty=search.length_penalty,
            no_repeat_ngram_size=search.no_repeat_ngram,
            min_decoding_length=search.min_tokens + len(self._prefix),
            max_decoding_length=search.max_tokens + len(self._prefix) + 1,
            max_input_length=0,  # whoever calls has checked it; CTranslate2 would cut in silence
            return_end_token=True,
        )
        return results

    def _targets(self, result: Any) -> list[Target]:
        targets = []
        for tokens in result.hypotheses:
            complete = bool(tokens) and tokens[-1] == "</s>"
            body = tokens[len(self._prefix) : len(tokens) - complete]
            targets.append(Target(tuple(body), complete))
        return targets


def _use_avx512() -> None:
    """Have CTranslate2 use AVX-512 where the CPU does: by itself it does on Intel's alone.

    It looks at this variable once, when it is first used.
    """
    if CPU_FLAGS.exists() and "CT2_FORCE_CPU_ISA" not in os.environ:
        flags = re.search(r"^flags\s*:(.*)", CPU_FLAGS.read_text(encoding="utf-8"), re.MULTILINE)
        if flags and AVX512.issubset(flags[1].split()):
            os.environ["CT2_FORCE_CPU_ISA"] = "AVX512"


def _keep_memory() -> None:
    """Have glibc keep what a step of the search frees: the next step needs as much again.

    Giving it back to the system and having it cleared for the next step is 8 % of a translation.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
        if mallopt:
            mallopt(M_MMAP_THRESHOLD, 32 << 20)  # the most that it takes
            mallopt(M_TRIM_THRESHOLD, 256 << 20)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
