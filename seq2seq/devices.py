"""Where a model runs: which engine, on the CPU or on which GPUs of this machine."""

import ctypes
import importlib.util
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from seq2seq import native
from seq2seq.errors import ModelError

ENGINES = ("native", "ctranslate2", "torch")
EIGHT_BITS = ("auto", "int8")  # the compute types that the native engine has
DEVICE = re.compile(r"auto|cpu|cuda(:(?P<indices>\d+(,\d+)*))?")
# What CTranslate2 loads on a GPU, each after what it needs itself.
CUBLAS = (
    ("cublasLt64_12.dll", "cublas64_12.dll")
    if sys.platform == "win32"
    else ("libcublasLt.so.12", "libcublas.so.12")
)


@dataclass(frozen=True)
class Place:
    """An engine, and the devices that it has the model on."""

    engine: str
    kind: str  # "cpu" or "cuda"
    indices: tuple[int, ...] = (0,)  # of the GPUs

    @property
    def devices(self) -> list[str]:
        """As torch calls them."""
        return ["cpu"] if self.kind == "cpu" else [f"cuda:{index}" for index in self.indices]


def place(engine: str, device: str, compute_type: str = "auto", *, single: bool = False) -> Place:
    """The engine and the devices for what a user asked for.

    Args:
        engine: "native", "ctranslate2", "torch" or "auto": on a CPU the native one where it runs
            and has the compute type, else CTranslate2 where that runs.
        device: "cpu", "cuda" (all GPUs), "cuda:0", "cuda:0,1" or "auto": the GPUs if there are any.
        compute_type: as `seq2seq.load` takes it.
        single: one device is enough.

    Raises:
        ModelError: no such engine or device here.
    """
    if engine not in ("auto", *ENGINES):
        raise ModelError(f"no engine {engine!r}; there are {', '.join(ENGINES)}")
    asked = DEVICE.fullmatch(device)
    if not asked:
        raise ModelError(f"no device {device!r}; there are auto, cpu and cuda, also cuda:0,1")
    if engine == "native":
        return _native(device)
    runs = engine if engine in ENGINES else "ctranslate2" if _ctranslate2_runs() else "torch"
    on_cpu = runs
    if engine == "auto" and compute_type in EIGHT_BITS and native.runs():
        on_cpu = "native"
    if device == "cpu":
        return Place(on_cpu, "cpu")
    count = gpus(runs)
    lacking = runs == "ctranslate2" and count > 0 and not load_cublas()
    # Without being asked for a GPU, torch is not loaded to look for one.
    if engine == "auto" and runs != "torch" and (lacking or (count == 0 and device != "auto")):
        on_torch = gpus("torch")
        if on_torch:
            runs, count, lacking = "torch", on_torch, False
    if lacking:
        raise ModelError(
            f"CTranslate2 finds a GPU but no {CUBLAS[-1]}; `pip install 'depesche[cuda]'` brings "
            "it, `--device cpu` does without"
        )
    if count == 0 and device == "auto":
        return Place(on_cpu, "cpu")
    indices = _indices(asked["indices"], count, runs)
    return Place(runs, "cuda", indices[:1] if single else indices)


def cores() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _native(device: str) -> Place:
    if device not in ("auto", "cpu"):
        raise ModelError(f"the native engine has no {device}; it runs on a CPU")
    if not native.runs():
        raise ModelError(
            "the native engine is not here: it needs Linux on a processor with AVX-512 VNNI, and a "
            "C++ compiler when depesche is installed; `--engine ctranslate2` does without"
        )
    return Place("native", "cpu")


def gpus(engine: str) -> int:
    """How many GPUs the engine finds."""
    if engine == "torch":
        import torch

        return torch.cuda.device_count() if torch.cuda.is_available() else 0
    import ctranslate2

    return int(ctranslate2.get_cuda_device_count())


def load_cublas() -> bool:
    """Make cuBLAS 12 known to CTranslate2, which asks for it by name; False if there is none.

    The loader does not look into Python packages, but takes what is loaded already.
    """
    try:
        ctypes.CDLL(CUBLAS[-1])
    except OSError:
        return any(_loads(folder) for folder in _packaged_cublas())
    return True


def _packaged_cublas() -> list[Path]:
    """Where nvidia-cublas-cu12, if it is installed, has its libraries."""
    try:
        found = importlib.util.find_spec("nvidia.cublas")
    except ImportError:
        return []
    places = (found and found.submodule_search_locations) or []
    return [Path(place) / ("bin" if sys.platform == "win32" else "lib") for place in places]


def _loads(folder: Path) -> bool:
    try:
        for name in CUBLAS:
            ctypes.CDLL(str(folder / name))
    except OSError:
        return False
    return True


def _indices(asked: str | None, count: int, engine: str) -> tuple[int, ...]:
    """The GPUs that were asked for, or all."""
    if count == 0:
        raise ModelError(f"{engine} finds no CUDA device here; `--device cpu` runs without one")
    indices = tuple(dict.fromkeys(map(int, asked.split(",")))) if asked else tuple(range(count))
    if max(indices) >= count:
        there = "cuda:0" if count == 1 else f"cuda:0 to cuda:{count - 1}"
        raise ModelError(f"there is no cuda:{max(indices)} here; {engine} finds {there}")
    return indices


def _ctranslate2_runs() -> bool:
    try:
        import ctranslate2  # noqa: F401
    except (ImportError, OSError):  # no build for this platform, or a library it lacks
        return False
    return True
