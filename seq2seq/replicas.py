"""An engine of replicas: a model on devices or cores, each of which takes a batch at a time."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol

from seq2seq.engine import Decoding, Target
from seq2seq.errors import ModelError


class Replica(Protocol):
    """A model on one device, or one core, which takes a batch at a time."""

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


class ReplicatedEngine:
    """A model on one device or several, or on the cores of a CPU."""

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
                    f"there is no memory for a text of {len(sources[0])} tokens with "
                    f"{search.beam} beams of {limits[0]}; fewer beams need less, and a CPU mostly "
                    "has more than a GPU (`--device cpu`)"
                )

    def _take(self, replica: Replica) -> list[int]:
        with self._lock:
            if not self._groups:
                return []
            group = self._groups.pop()
            width = len(self._sources[group[0]])
            length = max(self._searches[i].max_tokens for i in group)
            room = replica.room(width, length, self._searches[group[0]].beam)
            batches = -(-len(group) // room)
            size = -(-len(group) // batches)  # all alike, so that no last one is nearly empty
            if group[size:]:
                self._groups.append(group[size:])
            return group[:size]
