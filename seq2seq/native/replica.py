"""A network of the native engine, as replicas for the cores of a CPU."""

import contextlib
import ctypes
import json
import mmap
import weakref
from collections.abc import Sequence
from dataclasses import fields
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq.engine import Decoding
from seq2seq.errors import ModelError
from seq2seq.native import library
from seq2seq.native.pack import SHAPE, WEIGHTS, Shape

BEAMS = 64  # in a batch: with more it is no faster
BYTES = 256 << 20  # for a batch, likewise
MOST_BEAMS = 4096  # of a source: no machine has the memory for more
MADV_POPULATE_READ = 22  # of Linux's mman.h


class _Shape(ctypes.Structure):
    _fields_ = [
        (field.name, ctypes.c_float if field.type is float else ctypes.c_int32)
        for field in fields(Shape)
    ]


class _Settings(ctypes.Structure):
    """As in `search.cpp`."""

    _fields_ = [
        ("beam", ctypes.c_int32),
        ("hypotheses", ctypes.c_int32),
        ("no_repeat_ngram", ctypes.c_int32),
        ("min_tokens", ctypes.c_int32),
        ("end", ctypes.c_int32),
        ("prompt_size", ctypes.c_int32),
        ("length_penalty", ctypes.c_float),
    ]


class NativeNetwork:
    """A network whose weights are mapped into memory; threads may share it.

    A process forked from one that has searched on several threads may not: its OpenMP would wait
    for threads that were not forked with it.
    """

    def __init__(self, path: Path, prefix: Sequence[int], end: int) -> None:
        """Map what `seq2seq.native.pack` wrote into `path`.

        Args:
            path: a directory.
            prefix: what every target begins with, as places among the tokens that one may hold.
            end: the token that ends a target, likewise.

        Raises:
            ModelError: the files are not whole.
        """
        made = library()
        if made is None:
            raise ModelError("the native engine does not run here")
        self._library = made
        self.shape = Shape(**json.loads((path / SHAPE).read_text(encoding="utf-8")))
        self._weights = _mapped(path / WEIGHTS)  # the network reads them where they are
        self._start, self._end = _ids([self.shape.start, *prefix]), end
        shape = _Shape(*(getattr(self.shape, field.name) for field in fields(Shape)))
        if made.depesche_size(ctypes.byref(shape)) != len(self._weights):
            raise ModelError(f"{path} is damaged")
        network = made.depesche_load(ctypes.byref(shape), _pointer(self._weights))
        if network is None:
            raise ModelError(f"there is no memory for {path}")
        self._network = ctypes.c_void_p(network)
        # Not at the interpreter's exit: a thread that nobody waits for may still search then.
        weakref.finalize(self, made.depesche_free, self._network).atexit = False

    def footprint(self, width: int, positions: int, beams: int) -> int:
        """About how many bytes a source of `width` tokens takes in a batch, with its beams."""
        shape = self.shape
        memory = 2 * shape.width * shape.decoder_layers * (width + positions * beams)
        encoder = (6 * shape.width + shape.encoder_inner) * width
        return 4 * (memory + encoder)

    def search(
        self, sources: list[list[int]], decoding: Decoding, limits: list[int], threads: int
    ) -> list[list[list[int]]] | None:
        """See `seq2seq.replicas.Replica`; on this many threads.

        Raises:
            ValueError: what would have the network read or write beyond its memory.
        """
        ids, lengths = _ids(chain.from_iterable(sources)), _ids(map(len, sources))
        most = max(limits)
        if max(lengths.max(), len(self._start) + most) > self.shape.positions:
            raise ValueError(f"more than {self.shape.positions} positions")
        if min(limits) < 1:
            raise ValueError("a target without a position")
        if not 0 <= ids.min() <= ids.max() < self.shape.source_tokens:
            raise ValueError("a token that the network does not know")
        if decoding.beam > MOST_BEAMS:
            return None
        found = np.empty((len(sources), decoding.hypotheses, most + 1), np.int32)
        settings = _Settings(
            decoding.beam,
            decoding.hypotheses,
            decoding.no_repeat_ngram,
            decoding.min_tokens,
            self._end,
            len(self._start),
            decoding.length_penalty,
        )
        failed = self._library.depesche_generate(
            self._network,
            ctypes.byref(settings),
            _pointer(self._start),
            threads,
            len(sources),
            _pointer(ids),
            _pointer(lengths),
            _pointer(_ids(limits)),
            most + 1,
            _pointer(found),
        )
        if failed:
            return None
        return [[_written(tokens) for tokens in hypotheses] for hypotheses in found.tolist()]


class NativeReplica:
    """A network on some of the cores: `seq2seq.replicas.Replica`."""

    def __init__(self, network: NativeNetwork, threads: int) -> None:
        """The same network as other replicas have, on `threads` of its own."""
        self._network = network
        self._threads = threads
        self._bytes = BYTES

    def room(self, width: int, length: int, beam: int) -> int:
        """See `Replica`."""
        need = self._network.footprint(width, length, beam)
        return max(1, min(BEAMS // beam, self._bytes // need))

    def search(
        self, sources: list[list[int]], decoding: Decoding, limits: list[int]
    ) -> list[list[list[int]]] | None:
        """See `Replica`."""
        found = self._network.search(sources, decoding, limits, self._threads)
        if found is None:
            need = self._network.footprint(max(map(len, sources)), max(limits), decoding.beam)
            self._bytes = min(self._bytes, len(sources) * need) // 2
        return found


def _mapped(path: Path) -> NDArray[np.uint8]:
    """A file in memory that all processes share, all of it there from the start."""
    with path.open("rb") as file:
        memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    # Before Linux 5.14 pages come one by one, in 15 times the time.
    with contextlib.suppress(OSError):
        memory.madvise(MADV_POPULATE_READ)
    return np.frombuffer(memory, np.uint8)


def _ids(values: Any) -> NDArray[np.int32]:
    return np.fromiter(values, np.int32)


def _pointer(array: NDArray[Any]) -> ctypes.c_void_p:
    return array.ctypes.data_as(ctypes.c_void_p)  # which keeps the array alive


def _written(tokens: list[int]) -> list[int]:
    """The tokens before the first that is none."""
    return tokens[: tokens.index(-1)] if tokens[-1] < 0 else tokens
