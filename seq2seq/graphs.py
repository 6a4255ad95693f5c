"""Steps of many small kernels, recorded once and replayed as one launch (CUDA graphs)."""

import contextlib
from collections.abc import Callable

import torch

Step = Callable[[], None]
Record = Callable[[Step], Step]


class Recorder:
    """Records steps on one GPU. A recording holds until the next one is made."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._pool = torch.cuda.graph_pool_handle()
        self._kept: torch.cuda.CUDAGraph | None = None  # what the pool belongs to
        self._works = True

    def __call__(self, step: Step) -> Step:
        """What does the same as `step`, which has run before and waits for nothing.

        Where recording fails, because a driver cannot do it, that is `step` itself.
        """
        if not self._works:
            return step
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.device(self._device):
            torch.cuda.current_stream().synchronize()  # the recording before may still run
            try:
                self._capture(graph, step)
            except torch.OutOfMemoryError:
                raise
            except RuntimeError:
                self._works = False
                return step
        self._kept = graph
        return graph.replay

    def _capture(self, graph: torch.cuda.CUDAGraph, step: Step) -> None:
        # Not torch.cuda.graph: that gives all cached memory back first, at every recording.
        with torch.cuda.stream(self._stream):
            # Other threads may allocate meanwhile.
            graph.capture_begin(pool=self._pool, capture_error_mode="thread_local")
            try:
                step()
            except BaseException:
                with contextlib.suppress(RuntimeError):  # says only that the step failed
                    graph.capture_end()
                raise
            graph.capture_end()
