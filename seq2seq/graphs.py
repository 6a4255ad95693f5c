"""Steps of many small kernels, recorded once and replayed as one launch (CUDA graphs)."""

import contextlib
import threading
from collections.abc import Callable

import torch

Step = Callable[[], None]
Record = Callable[[Step], Step | None]

# torch records one graph at a time in a process, and meanwhile no memory may be given back.
ALONE = threading.Lock()


class Recorder:
    """Records steps on one GPU. A recording holds until the next one is made."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._kept: torch.cuda.CUDAGraph | None = None  # its memory serves the next one, too
        self._works = True

    def __call__(self, step: Step) -> Step | None:
        """What does the same as `step`, which has run before and waits for nothing.

        None where recording fails, because a driver cannot do it.
        """
        if not self._works:
            return None
        with torch.cuda.device(self._device):
            torch.cuda.current_stream().synchronize()  # the recording before may still run
            with ALONE:
                try:
                    self._kept = self._captured(step)
                except torch.OutOfMemoryError:
                    raise
                except RuntimeError:
                    self._works, self._kept = False, None
                    return None
        return self._kept.replay

    def release(self) -> None:
        """Give back the memory of the last recording, and all that is unused."""
        with torch.cuda.device(self._device):
            torch.cuda.current_stream().synchronize()
            # After a recording that failed, torch may take it to go on, and refuse.
            with ALONE, contextlib.suppress(RuntimeError):
                self._kept = None
                torch.cuda.empty_cache()

    def _captured(self, step: Step) -> torch.cuda.CUDAGraph:
        graph = torch.cuda.CUDAGraph()
        # A pool lives as long as a graph in it: without one, torch makes a new pool.
        pool = self._kept.pool() if self._kept else None
        # Not torch.cuda.graph: that gives all cached memory back first, at every recording.
        with torch.cuda.stream(self._stream):
            # Other threads may allocate meanwhile.
            graph.capture_begin(pool=pool, capture_error_mode="thread_local")
            try:
                step()
            except BaseException:
                with contextlib.suppress(RuntimeError):  # says only that the step failed
                    graph.capture_end()
                raise
            graph.capture_end()
        return graph
