"""A batch on a Ray cluster: this machine reads and writes, workers on all machines brief.

Each worker is a Ray actor with models of its own (`depesche.worker`). The batch is the one of a
single machine (`depesche.batch`): it makes the same windows in the same order and keeps them in the
same journal, so the output is the same, too. Only text goes to the workers and only rows come back;
they need neither the input nor the output.

A worker that ends, or whose machine does, costs the windows it had: they go to another, and Ray
starts it again. What ends `TRIES` workers is taken apart, so that one article is to blame, not a
window. These are actors rather than a Ray Data pipeline because a batch goes on within its input
and commits in order; Ray Data would begin again, and finishes blocks in any order.
"""

import logging
import os
import secrets
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

from depesche import __version__
from depesche.brief import Failure, Item
from depesche.pipeline import Parsed
from depesche.worker import Finished, Window, Worker, described, failed, finished
from seq2seq.errors import ModelError

LOCAL = "local"  # the address of a cluster of this machine alone, started for the occasion
CALLS = 3  # at a time to a worker: two windows, and articles whose sentences are found
CHUNK = 64  # articles whose sentences are found together
TRIES = 3
ANSWER = 10.0  # seconds that a cluster has to accept a connection
OBJECTS = 256 << 20  # bytes of windows and results on their way, in a local cluster

# Makes a worker, and what says how many tokens its model has written.
Build = Callable[[], tuple[Worker, Callable[[], int]]]


class WorkerLost(ModelError):
    """Worker after worker ended over the same articles."""


@dataclass(eq=False)
class _Seat:
    """A worker as it is seen from here."""

    actor: Any
    up: bool = False
    calls: int = 0


class Cluster:
    """Workers on a Ray cluster, as `depesche.batch.Workers`; used in a `with`."""

    def __init__(self, address: str, gpus: float | None, build: Build) -> None:
        """Connect, and wait for the first worker.

        Args:
            address: as Ray takes it (`auto`, `host:port`, `ray://host:port`), or `LOCAL`.
            gpus: of a worker, a part of one or a whole number; 0 gives each machine one worker,
                which uses all its cores. None is 1 where the cluster has any GPU, else 0.
            build: makes a worker there.

        Raises:
            ModelError: no cluster, no room on it, or a worker that cannot be made.
        """
        if gpus and gpus > 1 and gpus % 1:
            raise ModelError("a worker takes a part of one GPU, or a whole number of them")
        self._ray = _connected(address)
        self._actors: list[Any] = []
        self._threads: list[threading.Thread] = []
        self._changed = threading.Condition()
        self._error: ModelError | None = None
        self._tokens: dict[str, int] = {}
        self.recipe = ""
        try:
            self._actors = self._hired(gpus, build)
            self._seats = [_Seat(actor) for actor in self._actors]
            for seat in self._seats:
                self._start(seat)
            with self._changed:
                self._changed.wait_for(lambda: self._error or self.recipe)
            if self._error:
                raise self._error
        except BaseException:
            self._leave()
            raise

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    def _leave(self) -> None:
        for actor in self._actors:
            self._ray.kill(actor)
        for thread in self._threads:  # Ray crashes where it is left while it is asked
            thread.join(ANSWER)
        self._ray.shutdown()

    def __len__(self) -> int:
        """How many workers there are."""
        return len(self._seats)

    @property
    def at_once(self) -> int:
        """Two windows a worker, and as many that wait: one worker being late stops no other."""
        return 4 * len(self._seats)

    @property
    def written(self) -> int:
        """Tokens, by all workers so far."""
        return sum(self._tokens.values())

    def parsed(self, items: Iterable[Item]) -> Iterator[Parsed | Failure]:
        """Each article with its sentences, or why it has none."""
        items = iter(items)
        waiting: deque[Future[list[Parsed | Failure]]] = deque()
        with ThreadPoolExecutor(len(self._seats)) as threads:
            while chunk := list(islice(items, CHUNK)):
                waiting.append(threads.submit(self._call, "parsed", chunk))
                if len(waiting) > len(self._seats):
                    yield from waiting.popleft().result()
            for found in waiting:
                yield from found.result()

    def finish(self, window: Window) -> Finished:
        """The results of a window, in its order.

        Raises:
            ModelError: the models no longer run.
        """
        try:
            done, process, tokens = self._call("finish", window)
        except WorkerLost:
            results = [self._alone(entry) for entry in window]
            return finished(window, [result for found in results for result in found.results])
        self._tokens[process] = max(tokens, self._tokens.get(process, 0))
        result: Finished = done
        return result

    def _alone(self, entry: Parsed | Failure) -> Finished:
        """The result of one entry of a window that no worker has survived."""
        try:
            result: Finished = self._call("finish", [entry])[0]
        except WorkerLost as error:
            self._call("check")  # or every article would fail
            return finished([entry], [failed(Failure(entry.item, str(error)), self.recipe)])
        return result

    def _call(self, method: str, *values: Any) -> Any:
        """What a worker answers; where it ends over this, what another one does."""
        errors = self._ray.exceptions
        for _ in range(TRIES):
            seat = self._take()
            try:
                return self._ray.get(getattr(seat.actor, method).remote(*values))
            except errors.RayTaskError as error:
                if not isinstance(error.cause, ModelError):
                    raise error.cause from None
                why = str(error.cause)  # a device may have failed: a new process may do better
                self._ray.kill(seat.actor, no_restart=False)
                self._start(seat)
            except errors.RayError as error:
                why = type(error).__name__
                self._start(seat)
            finally:
                with self._changed:
                    seat.calls -= 1
                    self._changed.notify_all()
        raise WorkerLost(f"{TRIES} workers ended over this, the last with {why}")

    def _take(self) -> _Seat:
        """The worker with the least to do, once one has room."""

        def free() -> list[_Seat]:
            return [seat for seat in self._seats if seat.up and seat.calls < CALLS]

        with self._changed:
            self._changed.wait_for(lambda: self._error or free())
            if self._error:
                raise self._error
            seat = min(free(), key=lambda seat: seat.calls)
            seat.calls += 1
            return seat

    def _start(self, seat: _Seat) -> None:
        """Give a worker nothing until it has said that it runs (again)."""
        thread = threading.Thread(target=self._welcome, args=(seat,), daemon=True)
        with self._changed:
            seat.up = False
            self._threads = [*(old for old in self._threads if old.is_alive()), thread]
            thread.start()

    def _welcome(self, seat: _Seat) -> None:
        errors = self._ray.exceptions
        recipe, error = "", None
        try:
            version, recipe = self._started(seat)
            if version != __version__:
                error = ModelError(f"the cluster has depesche {version}, this is {__version__}")
            elif recipe != (self.recipe or recipe):
                error = ModelError(f"the workers differ: one makes {recipe}, another {self.recipe}")
        except errors.RayTaskError as failure:
            cause = failure.cause
            if not isinstance(cause, ModelError):
                cause = ModelError(f"a worker cannot start: {described(cause)}")
            error = cause
        except errors.RayError as failure:
            with self._changed:
                self._seats = [other for other in self._seats if other is not seat]
            if not self._seats:
                error = ModelError(f"no worker is left, the last: {type(failure).__name__}")
        with self._changed:
            self._error = self._error or error
            self.recipe = self.recipe or recipe
            seat.up = not error
            self._changed.notify_all()

    def _started(self, seat: _Seat) -> tuple[str, str]:
        """What a worker says that has its models.

        Ray may take any time to find it a place, but may not try for ever to load them.
        """
        tries = 0
        while True:
            self._ray.get(seat.actor.ping.options(max_task_retries=-1).remote())
            try:
                said: tuple[str, str] = self._ray.get(seat.actor.start.remote())
            except self._ray.exceptions.RayActorError:
                tries += 1
                if tries == TRIES:
                    raise
            else:
                return said

    def _hired(self, gpus: float | None, build: Build) -> list[Any]:
        machines = [node for node in self._ray.nodes() if node["Alive"]]
        if gpus is None:
            gpus = 1 if any(node["Resources"].get("GPU", 0) >= 1 for node in machines) else 0
        rooms = [room for node in machines for room in _rooms(node, gpus)]
        if not rooms:
            raise ModelError(f"the Ray cluster has no machine with room for a worker ({gpus} GPUs)")
        remote = self._ray.remote(max_restarts=-1, max_concurrency=CALLS + 1)(_Actor)
        return [remote.options(**room).remote(build, gpus) for room in rooms]


class _Actor:
    """A worker in a process of its own, anywhere on the cluster."""

    def __init__(self, build: Build, gpus: float) -> None:
        if not gpus:
            os.environ["CUDA_VISIBLE_DEVICES"] = ""  # Ray may leave them visible
        self._build = build
        self._name = secrets.token_hex(8)
        self._made: tuple[Worker, Callable[[], int]] | None = None
        self._lock = threading.Lock()

    def ping(self) -> None:
        pass

    def start(self) -> tuple[str, str]:
        return __version__, self._loaded()[0].recipe

    def parsed(self, items: list[Item]) -> list[Parsed | Failure]:
        return list(self._loaded()[0].parsed(items))

    def finish(self, window: Window) -> tuple[Finished, str, int]:
        """The results, this process, and how many tokens it has written."""
        worker, written = self._loaded()
        return worker.finish(window), self._name, written()

    def check(self) -> None:
        self._loaded()[0].check()

    def _loaded(self) -> tuple[Worker, Callable[[], int]]:
        # Not in the constructor, whose errors would come back as text.
        with self._lock:
            if not self._made:
                self._made = self._build()
            return self._made


def _connected(address: str) -> Any:
    """The module of Ray, connected."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # or it would reach for the network
    try:
        import ray
    except ImportError:
        raise ModelError(
            "Ray is not installed, which --ray needs: pip install 'depesche[ray]'"
        ) from None
    _require_answer(address)
    settings: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    if address == LOCAL:
        settings |= {"include_dashboard": False, "object_store_memory": OBJECTS}
    try:
        ray.init(address=address, **settings)
    except Exception as error:  # a different one for each thing that can be wrong
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"no Ray cluster at {address}: {reason}") from error
    return ray


def _require_answer(address: str) -> None:
    """See that something listens at an address; Ray would try for a quarter of an hour."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host:
        try:
            socket.create_connection((host, int(port)), timeout=ANSWER).close()
        except (OSError, ValueError) as error:
            raise ModelError(f"no Ray cluster at {address}: {error}") from error


def _rooms(machine: dict[str, Any], gpus: float) -> list[dict[str, Any]]:
    """What each worker on a machine takes of it."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    has = machine["Resources"]
    if gpus:
        return [{"num_gpus": gpus, "num_cpus": 1}] * int(has.get("GPU", 0) / gpus + 1e-9)
    if has.get("CPU", 0) < 1:
        return []
    here = NodeAffinitySchedulingStrategy(machine["NodeID"], soft=False)
    return [{"num_cpus": has["CPU"], "scheduling_strategy": here}]
