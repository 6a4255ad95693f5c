"""The torch engine: where CTranslate2 does not run, and on a GPU without its libraries."""

import math
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from seq2seq.engine import Decoding, Target
from seq2seq.errors import ModelError

# Beams in a batch; with more a device is no faster.
CPU_BEAMS = 256
CUDA_BEAMS = 4096
# Memory for a batch. Of a GPU's free memory only a part: other models have batches there, too.
CPU_BYTES = 1 << 30
CUDA_SHARE = 0.5


class Replica(Protocol):
    """A model on one device, which takes a batch at a time."""

    def room(self, width: int, length: int, beam: int) -> int:
        """How many sources of `width` tokens, whose targets may have `length`, fit in a batch."""
        ...

    def search(
        self, sources: list[list[int]], decoding: Decoding, limits: list[int]
    ) -> list[list[list[int]]] | None:
        """Hypotheses of each source in ids, as `seq2seq.beam.Search` has them.

        `limits` are the most tokens of each target. None if the device has no memory for so many
        sources: from then on there is less room.
        """
        ...


class TorchReplica:
    """The network in the memory of one device."""

    def __init__(
        self,
        path: Path,
        device: str,
        compute_type: str,
        targets: Sequence[int],
        prefix: Sequence[int],
        end: int,
    ) -> None:
        """Load the model in `path`.

        Args:
            path: the model's directory, as it was published.
            device: "cpu" or "cuda:N".
            compute_type: a torch dtype's name.
            targets: the tokens that a target may hold; those below, and those of the hypotheses,
                are their places among these.
            prefix: tokens that every target starts with, never part of a result.
            end: the token that ends a target.
        """
        import torch

        from seq2seq.beam import Prompt
        from seq2seq.graphs import Recorder
        from seq2seq.transformer import Transformer

        self._network = Transformer(path, device, getattr(torch, compute_type), targets)
        start = targets.index(self._network.config.decoder_start_token_id)
        self._prompt = Prompt((start, *prefix), end)
        cuda = self._network.device.type == "cuda"
        if cuda:  # cuDNN's attention takes long to plan for each new shape, and there are many
            torch.backends.cuda.enable_cudnn_sdp(False)
        self._record = Recorder(self._network.device) if cuda else None
        self._bytes = math.inf if cuda else CPU_BYTES  # for a batch
        self._lock = threading.Lock()

    def room(self, width: int, length: int, beam: int) -> int:
        """See `Replica`."""
        size, beams = self._bytes, CPU_BEAMS
        if self._record:
            import torch

            device, beams = self._network.device, CUDA_BEAMS
            unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
            size = min(size, CUDA_SHARE * (torch.cuda.mem_get_info(device)[0] + unused))
        return max(1, min(beams // beam, int(size // self._need(width, length, beam))))

    def search(
        self, sources: list[list[int]], decoding: Decoding, limits: list[int]
    ) -> list[list[list[int]]] | None:
        """See `Replica`."""
        import torch

        from seq2seq.beam import Search

        with self._lock, torch.inference_mode():  # one batch fills the device
            try:
                return Search(self._network, self._prompt, sources, decoding, limits).run(
                    self._record
                )
            except torch.OutOfMemoryError:
                need = self._need(max(map(len, sources)), max(limits), decoding.beam)
                self._bytes = min(self._bytes, len(sources) * need) / 2
        if self._record:
            self._record.release()  # after `except`, which holds on to the batch
        return None

    def _need(self, width: int, length: int, beam: int) -> int:
        """Bytes of a source in a batch."""
        return self._network.footprint(width, len(self._prompt.start) + length, beam)


class TorchEngine:
    """A model on one device or several."""

    def __init__(
        self, replicas: Sequence[Replica], vocabulary: dict[str, int], targets: Sequence[str]
    ) -> None:
        """An engine of these replicas of one model, with what its sources and targets may hold."""
        self._replicas = replicas
        self._ids = vocabulary
        self._targets = targets

    def generate(
        self, sources: Sequence[Sequence[str]], searches: Sequence[Decoding]
    ) -> list[list[Target]]:
        """See `seq2seq.engine.Engine`."""
        unknown = self._ids["<unk>"]
        ids = [[self._ids.get(token, unknown) for token in source] for source in sources]
        work = _Work(ids, searches, len(self._replicas))
        first, *others = self._replicas
        with ThreadPoolExecutor(max(1, len(others))) as pool:  # a thread starts when it is needed
            running = pool.map(work.through, others)
            work.through(first)
            list(running)
        return [[self._target(found) for found in hypotheses] for hypotheses in work.results]

    def _target(self, ids: list[int]) -> Target:
        tokens = [self._targets[index] for index in ids]
        complete = tokens[-1:] == ["</s>"]
        return Target(tuple(tokens[:-1] if complete else tokens), complete)


class _Work:
    """Sources that wait for a device, and the hypotheses of those that had one."""

    def __init__(
        self, sources: list[list[int]], searches: Sequence[Decoding], devices: int
    ) -> None:
        self.results: list[list[list[int]]] = [[] for _ in sources]
        self._sources = sources
        self._searches = searches
        self._lock = threading.Lock()
        # Sources of one search, limits aside, by length: as many groups as devices, all alike.
        kinds: dict[Decoding, list[int]] = {}
        for index in sorted(range(len(sources)), key=lambda i: len(sources[i]), reverse=True):
            kind = replace(searches[index], max_tokens=searches[index].min_tokens)
            kinds.setdefault(kind, []).append(index)
        dealt = [group[i::devices] for group in kinds.values() for i in range(devices)]
        self._groups = [group for group in dealt if group]

    def through(self, replica: Replica) -> None:
        """Give the replica batch after batch, until there are none left."""
        while batch := self._take(replica):
            sources = [self._sources[i] for i in batch]
            limits = [self._searches[i].max_tokens for i in batch]
            found = replica.search(sources, self._searches[batch[0]], limits)
            if found is not None:
                for index, hypotheses in zip(batch, found, strict=True):
                    self.results[index] = hypotheses
            elif len(batch) > 1:
                with self._lock:
                    self._groups.append(batch)
            else:
                search = self._searches[batch[0]]
                raise ModelError(
                    f"the device has no memory for a text of {len(sources[0])} tokens "
                    f"with {search.beam} beams of {limits[0]}; `--device cpu` has more, and "
                    "fewer beams need less"
                )

    def _take(self, replica: Replica) -> list[int]:
        with self._lock:
            if not self._groups:
                return []
            group = self._groups.pop()
            width = len(self._sources[group[0]])
            length = max(self._searches[i].max_tokens for i in group)
            room = replica.room(width, length, self._searches[group[0]].beam)
            if group[room:]:
                self._groups.append(group[room:])
            return group[:room]
