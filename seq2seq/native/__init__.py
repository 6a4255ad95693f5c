"""The native engine: the network in C++, for CPUs with AVX-512 VNNI.

It says what CTranslate2 says in int8, but for rounding. It is faster because weights lie in memory
as the processor wants them, keys and values of the beams are never moved, and logits are looked at
while they are made.
"""

import ctypes
from functools import cache
from pathlib import Path

LIBRARY = Path(__file__).with_name("search.so")  # made from search.cpp when depesche is installed


@cache
def library() -> ctypes.CDLL | None:
    """The compiled part; None if there is none, or this CPU cannot run it."""
    try:
        made = ctypes.CDLL(str(LIBRARY))
    except OSError:
        return None
    made.depesche_size.restype = ctypes.c_size_t
    made.depesche_load.restype = ctypes.c_void_p
    return made if made.depesche_runs() else None


def runs() -> bool:
    """Whether this machine can run it."""
    return library() is not None
