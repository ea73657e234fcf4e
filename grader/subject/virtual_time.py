"""Virtual time in the subject: real time plus an offset, moved by the judge, frozen only on request.

Everything a legitimate solution may read moves together: ``time.time`` and ``datetime.now`` (time-machine
swaps the C functions, so references taken earlier move too), ``time.monotonic`` and ``perf_counter``, PyJWT's clock.
``sleep`` and the timed waits of Condition, Event, Semaphore and queue end when the offset carries them past their
deadline. `Lock.acquire(timeout=…)`, sockets and child processes keep real time.
"""

import _thread
import queue
import threading
import time
from collections.abc import Callable

from grader.subject.wall_clock import time_machine

_SLICE = 0.005
"""Longest real wait between two looks at the virtual clock, in seconds."""

_EPOCH_NS = time.time_ns() - time.monotonic_ns()
"""What to add to the real monotonic clock to get real time, also while time-machine has the wall clock's functions."""
_real_monotonic_ns = time.monotonic_ns
_real_perf_counter_ns = time.perf_counter_ns
_real_sleep = time.sleep


_MONOTONIC_CLOCKS = frozenset(
    getattr(time, name)
    for name in ("CLOCK_MONOTONIC", "CLOCK_MONOTONIC_RAW", "CLOCK_BOOTTIME", "CLOCK_UPTIME_RAW", "CLOCK_UPTIME")
    if hasattr(time, name)
)


class VirtualTime:
    """The clock the judge moves. One per process; `install` patches the process for good."""

    def __init__(self) -> None:
        self._offset_ns = 0
        self._wall_ns = 0
        self._frozen_ns: int | None = None
        self._traveller: time_machine.Traveller | None = None

    def install(self) -> None:
        """Patch the process. Must run before the submission is imported, so that ``from time import …`` gets ours."""
        time.monotonic = self.monotonic
        time.monotonic_ns = self.monotonic_ns
        time.perf_counter = lambda: self._shifted(_real_perf_counter_ns()) / 1e9
        time.perf_counter_ns = lambda: self._shifted(_real_perf_counter_ns())
        for name in ("clock_gettime", "clock_gettime_ns"):
            setattr(time, name, self._clock_getter(getattr(time, name), 1 if name.endswith("_ns") else 1e-9))
        real_ctime, real_asctime = time.ctime, time.asctime
        time.ctime = lambda *at: real_ctime(at[0] if at and at[0] is not None else time.time())
        time.asctime = lambda *at: real_asctime(*(at or (time.localtime(),)))
        time.sleep = self.sleep  # type: ignore[assignment]  # its argument is wider in typeshed
        threading._time = self.monotonic  # type: ignore[attr-defined]  # noqa: SLF001 - Condition.wait_for's own clock
        threading._allocate_lock = lambda: _Waiter(self)  # type: ignore[attr-defined]  # noqa: SLF001
        queue.time = self.monotonic  # type: ignore[attr-defined]
        queue.SimpleQueue = queue._PySimpleQueue  # type: ignore[attr-defined,misc]  # noqa: SLF001 - the C one waits in C

    def _clock_getter(self, real: Callable[[int], float], unit: float) -> Callable[[int], float]:
        """``clock_gettime`` with the monotonic clocks moved; the wall's is time-machine's affair."""

        def read(clock: int) -> float:
            if clock not in _MONOTONIC_CLOCKS:
                return real(clock)
            if self._frozen_ns is not None:
                return self._frozen_ns * unit
            return real(clock) + self._offset_ns * unit

        return read

    def travel(self) -> None:
        """Start moving the wall clock; after a fork, before the submission is imported."""
        self._traveller = time_machine.travel(self.time_ns() / 1e9, tick=True).start()
        time.time()

    def advance(self, seconds: float) -> None:
        """Move forward (or the wall clock's way back) by *seconds*; timed waits that fall due end within 5 ms."""
        step = round(seconds * 1e9)
        if self._frozen_ns is not None:
            self._frozen_ns += step
        self._offset_ns += step
        if self._traveller is not None:
            self._traveller.shift(seconds)

    def step_wall(self, seconds: float) -> None:
        """Step the wall clock alone, as an administrator or a time server does; ``monotonic`` goes on undisturbed."""
        self._wall_ns += round(seconds * 1e9)
        if self._traveller is not None:
            self._traveller.shift(seconds)

    def freeze(self, at: float) -> None:
        """Stop the flow of time at the wall-clock time *at* (seconds since the epoch)."""
        self._frozen_ns = _real_monotonic_ns() + self._offset_ns
        if self._traveller is not None:
            self._traveller.move_to(at + self._wall_ns / 1e9, tick=False)
            time.time()

    def unfreeze(self, offset: float) -> None:
        """Let time flow again, *offset* seconds away from real time."""
        self._offset_ns = round(offset * 1e9)
        self._frozen_ns = None
        if self._traveller is not None:
            self._traveller.move_to(self.time_ns() / 1e9, tick=True)
            time.time()

    def time_ns(self) -> int:
        """Virtual nanoseconds since the epoch."""
        return (_EPOCH_NS + _real_monotonic_ns()) + self._offset_ns + self._wall_ns

    def monotonic(self) -> float:
        """Virtual ``time.monotonic``, in seconds."""
        return self.monotonic_ns() / 1e9

    def monotonic_ns(self) -> int:
        """Virtual ``time.monotonic_ns``."""
        return self._shifted(_real_monotonic_ns())

    def sleep(self, seconds: float) -> None:
        """Sleep until virtual time has passed by *seconds*."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        until = self.monotonic_ns() + round(seconds * 1e9)
        _real_sleep(0)
        while (left := until - self.monotonic_ns()) > 0:
            _real_sleep(min(left / 1e9, _SLICE))

    def _shifted(self, real_ns: int) -> int:
        if self._frozen_ns is not None:
            return self._frozen_ns
        return real_ns + self._offset_ns


class _Waiter:
    """The lock a Condition waits on; a timed acquire looks at the virtual clock between slices."""

    __slots__ = ("_clock", "_lock", "acquire", "locked", "release")

    def __init__(self, clock: VirtualTime) -> None:
        self._clock = clock
        lock = self._lock = _thread.allocate_lock()
        self.release = lock.release
        self.locked = lock.locked
        self.acquire = self._acquire

    def _acquire(self, blocking: bool = True, timeout: float = -1) -> bool:  # noqa: FBT001, FBT002 - Lock's signature
        if not blocking or timeout < 0:
            return self._lock.acquire(blocking)
        until = self._clock.monotonic() + timeout
        while (left := until - self._clock.monotonic()) > 0:
            if self._lock.acquire(timeout=min(left, _SLICE)):
                return True
        return self._lock.acquire(blocking=False)

    def __enter__(self) -> bool:
        return self._acquire()

    def __exit__(self, *_: object) -> None:
        self.release()
