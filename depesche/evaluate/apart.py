"""Work in a process of its own: what it takes is its own, and what it breaks, too."""

import multiprocessing
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from depesche.brief import InputError

T = TypeVar("T")


def apart(work: Callable[..., T], *arguments: Any) -> tuple[T, int | None]:
    """What `work` returns, and the most memory its process had, in bytes.

    Args:
        work: a function of a module, which the other process imports.
        arguments: of `work`; they and its result are pickled.

    Raises:
        InputError: `work` raised it or a ModelError, or its process died.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(sender, work, arguments), daemon=True)
    process.start()
    sender.close()
    try:
        result, reason, memory = receiver.recv()
    except EOFError:
        process.join()
        code = process.exitcode or 0
        why = "; memory may have run out" if code < 0 else ""  # killed by a signal
        raise InputError(f"its process died (exit code {code}){why}") from None
    finally:
        receiver.close()
        process.kill()  # it is done, or nobody waits for it any more
        process.join()
    if reason:
        raise InputError(reason)
    return result, memory


def _send(sender: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    from seq2seq import ModelError

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's matter, which ends this
    result, reason = None, ""
    try:
        result = work(*arguments)
    except (InputError, ModelError) as error:
        reason = str(error)
    sender.send((result, reason, peak_memory()))


def peak_memory() -> int | None:
    """The most memory this process had at a time, in bytes; None where the system does not say."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count what the parent had before this program started
        lines = status.read_text(encoding="utf-8").splitlines()
        return next((1024 * int(ln.split()[1]) for ln in lines if ln.startswith("VmHWM:")), None)
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return None
