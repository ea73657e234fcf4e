"""Lock and RLock that take part in turn-taking: who cannot have one gives its turn away and blocks nobody else.

All else in the standard library is made of these two: Condition, Event, Semaphore, Barrier, Queue, the executors.
"""

import _thread
from typing import Any

from grader.subject.races.turns import active


class Lock:
    """Stands in for ``threading.Lock``."""

    def __init__(self) -> None:
        self._lock = _thread.allocate_lock()
        self._owner: int | None = None

    def acquire(self, blocking: bool = True, timeout: float | None = -1) -> bool:  # noqa: FBT001, FBT002 - Lock's own
        """As `threading.Lock.acquire`; a failed attempt that need not wait is no hand-over."""
        here = active()
        limit = -1 if timeout is None else timeout
        if here is None:
            got = self._lock.acquire(blocking, limit)
        else:
            got = self._lock.acquire(blocking=False) or (blocking and self._wait(here, limit))
        if got:
            self._owner = _thread.get_ident()
        return got

    def _wait(self, here: Any, limit: float) -> bool:  # noqa: ANN401 - a run and a worker
        turns, worker = here
        deadline = turns.now + limit if limit >= 0 else None
        while True:
            turns.block(worker, self, deadline)
            if self._lock.acquire(blocking=False):
                return True
            if worker.timed_out:
                turns.timeouts += 1
                return False

    def release(self) -> None:
        """As `threading.Lock.release`; whoever waits may try again when the releasing thread's turn ends."""
        self._owner = None
        self._lock.release()
        here = active()
        if here is not None:
            here[0].wake(self)

    def locked(self) -> bool:
        """Whether it is held."""
        return self._lock.locked()

    def _is_owned(self) -> bool:
        """Condition asks so; without this it would probe with ``acquire(False)``."""
        return self._owner == _thread.get_ident()

    def _at_fork_reinit(self) -> None:
        self.__init__()  # type: ignore[misc]

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class RLock:
    """Stands in for ``threading.RLock``."""

    def __init__(self) -> None:
        self._block = Lock()
        self._owner: int | None = None
        self._count = 0

    def acquire(self, blocking: bool = True, timeout: float | None = -1) -> bool:  # noqa: FBT001, FBT002 - RLock's own
        """As `threading.RLock.acquire`."""
        me = _thread.get_ident()
        if self._owner == me:
            self._count += 1
            return True
        got = self._block.acquire(blocking, timeout)
        if got:
            self._owner, self._count = me, 1
        return got

    def release(self) -> None:
        """As `threading.RLock.release`."""
        if self._owner != _thread.get_ident():
            raise RuntimeError("cannot release un-acquired lock")
        self._count -= 1
        if not self._count:
            self._owner = None
            self._block.release()

    def _release_save(self) -> tuple[int, int | None]:
        state = self._count, self._owner
        self._count, self._owner = 0, None
        self._block.release()
        return state

    def _acquire_restore(self, state: tuple[int, int | None]) -> None:
        self._block.acquire()
        self._count, self._owner = state

    def _is_owned(self) -> bool:
        return self._owner == _thread.get_ident()

    def _recursion_count(self) -> int:
        return self._count if self._is_owned() else 0

    def _at_fork_reinit(self) -> None:
        self.__init__()  # type: ignore[misc]

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()
