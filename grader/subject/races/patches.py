"""Puts the turn-taking primitives in place of the standard library's, before the submission is imported.

Threads that take no turns (the host's own) get the real behaviour from the same objects.
"""

import _thread
import contextlib
import functools
import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from grader.subject.races.primitives import Lock, RLock
from grader.subject.races.turns import active

_TICK = 1e-6
"""Virtual seconds that pass when the clock is read: a loop that polls it gets on."""


def install() -> None:
    """Patch the process for good: a subject that is asked for races does nothing else."""
    _pin_to_one_core()
    _patch_locks()
    _patch_clocks()
    _patch_threads()
    queue.SimpleQueue = queue._PySimpleQueue  # type: ignore[attr-defined,misc]  # noqa: SLF001 - the C one waits in C


def _pin_to_one_core() -> None:
    """Only one thread runs at a time anyway; on one core a change of turns costs a third."""
    with contextlib.suppress(AttributeError, OSError):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def _patch_locks() -> None:
    threading.Lock = Lock  # type: ignore[assignment]
    threading._allocate_lock = Lock  # type: ignore[attr-defined]  # noqa: SLF001 - Condition's own
    threading.RLock = RLock  # type: ignore[assignment]
    if hasattr(functools, "RLock"):
        functools.RLock = RLock  # cached_property's, up to 3.11
    # Locks made earlier would stop a thread that has the turn, and with it everything.
    logging._lock = RLock()  # type: ignore[attr-defined]  # noqa: SLF001
    for handler in list(logging._handlerList) if hasattr(logging, "_handlerList") else []:  # noqa: SLF001
        made = handler() if isinstance(handler, Callable) else handler  # type: ignore[arg-type]
        if made is not None:
            made.lock = RLock()
    futures = sys.modules.get("concurrent.futures.thread")
    if futures is not None:
        futures._global_shutdown_lock = Lock()  # type: ignore[attr-defined]  # noqa: SLF001


def _patch_clocks() -> None:
    for name in ("time", "monotonic", "perf_counter"):
        setattr(time, name, _clock(getattr(time, name)))
    time.sleep = _sleeping(time.sleep)  # type: ignore[assignment]  # its argument is wider in typeshed
    threading._time = time.monotonic  # type: ignore[attr-defined]  # noqa: SLF001 - Condition.wait_for's own
    queue.time = time.monotonic  # type: ignore[attr-defined]


def _clock(real: Callable[[], float]) -> Callable[[], float]:
    def read() -> float:
        virtual = _read_clock()
        return real() if virtual is None else virtual

    return read


def _sleeping(real: Callable[[float], None]) -> Callable[[float], None]:
    def sleep(seconds: float) -> None:
        here = active()
        if here is None:
            real(seconds)
            return
        turns, worker = here
        if seconds > 0:
            turns.block(worker, None, turns.now + seconds)
        else:
            turns.yield_turn(worker)

    return sleep


def _patch_threads() -> None:
    threading.Thread.start = _starting(threading.Thread.start)  # type: ignore[method-assign, assignment]
    threading.Thread.join = _joining(threading.Thread.join)  # type: ignore[method-assign]


def _starting(real: Callable[[Any], None]) -> Callable[[Any], None]:
    """A thread started by one that takes turns takes turns too."""

    def start(self: Any) -> None:  # noqa: ANN401 - a Thread
        here = active()
        if here is None:
            real(self)
            return
        turns, _ = here
        worker = self._levelup_worker = turns.add()
        run = self.run
        self.run = lambda: turns.body(worker, run)
        self._started = _Started()  # made of raw locks: start() waits for it while it has the turn
        real(self)

    return start


def _joining(real: Callable[..., None]) -> Callable[..., None]:
    def join(self: Any, timeout: float | None = None) -> None:  # noqa: ANN401 - a Thread
        here = active()
        other = getattr(self, "_levelup_worker", None)
        if here is None or other is None:
            real(self, timeout)
            return
        turns, worker = here
        deadline = None if timeout is None else turns.now + timeout
        while other.state != "done":
            turns.block(worker, other, deadline)
            if worker.timed_out and other.state != "done":
                return
        real(self)

    return join


class _Started:
    """An Event of raw locks, for the hand-shake between ``Thread.start`` and the new thread."""

    def __init__(self) -> None:
        self._lock = _thread.allocate_lock()
        self._lock.acquire()
        self._flag = False

    def is_set(self) -> bool:
        return self._flag

    def set(self) -> None:
        if not self._flag:
            self._flag = True
            self._lock.release()

    def wait(self, timeout: float | None = None) -> bool:
        if not self._flag and self._lock.acquire(timeout=-1 if timeout is None else timeout):
            self._lock.release()
        return self._flag


def _read_clock() -> float | None:
    """Virtual time for a thread that takes turns; None for others."""
    here = active()
    if here is None:
        return None
    here[0].now += _TICK
    return here[0].now
