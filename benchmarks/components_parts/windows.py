"""Faults every sliding-window limiter is put through, in real time with a window of one second."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from unittest import mock

LIMIT = 5
Hit = Callable[[str], bool]


def two_bursts(hit: Hit) -> str:
    """One request opens the window; ten come shortly before its end and ten shortly after: 0.3 s hold both bursts."""
    hit("bursts")
    time.sleep(0.85)
    admitted = sum(hit("bursts") for _ in range(10))
    time.sleep(0.25)
    admitted += sum(hit("bursts") for _ in range(10))
    return f"admitted {admitted} of {LIMIT}"


def impatient(hit: Hit) -> str:
    """Ask every 20 ms for four seconds: with refused requests free, five a second are admitted."""
    ends = time.monotonic() + 4
    admitted = 0
    while time.monotonic() < ends:
        admitted += hit("impatient")
        time.sleep(0.02)
    return f"admitted {admitted} of {4 * LIMIT}"


def crowd(hit: Hit, threads: int = 40) -> str:
    """Forty threads ask in one instant."""
    gate, admitted = threading.Barrier(threads), []

    def ask() -> None:
        gate.wait()
        admitted.append(hit("crowd"))

    crowd_threads = [threading.Thread(target=ask) for _ in range(threads)]
    for thread in crowd_threads:
        thread.start()
    for thread in crowd_threads:
        thread.join()
    return f"admitted {sum(admitted)} of {LIMIT}"


def clock_ahead(hit: Hit) -> str:
    """The quota is used up; then the caller's wall clock is a minute ahead, as another replica's may be."""
    for _ in range(LIMIT):
        hit("ahead")
    with wall_clock(60):
        admitted = LIMIT + sum(hit("ahead") for _ in range(LIMIT))
    return f"admitted {admitted} of {LIMIT}"


def clock_back(hit: Hit) -> str:
    """The quota is used up; the wall clock is set back an hour; more than the window passes."""
    for _ in range(LIMIT):
        hit("back")
    with wall_clock(-3600):
        time.sleep(1.2)
        return "free again" if hit("back") else "still locked out"


@contextmanager
def wall_clock(seconds: float) -> Iterator[None]:
    """Move the wall clock of all loaded modules by *seconds* while the block runs; monotonic clocks go on."""
    real, real_ns = time.time, time.time_ns
    moved = {real: lambda: real() + seconds, real_ns: lambda: real_ns() + int(seconds * 1e9)}
    with ExitStack() as stack:
        for module in list(sys.modules.values()):
            for name in ("time", "time_ns"):
                taken = getattr(module, "__dict__", {}).get(name)
                if taken is real or taken is real_ns:
                    stack.enter_context(mock.patch.object(module, name, moved[taken]))
        yield
