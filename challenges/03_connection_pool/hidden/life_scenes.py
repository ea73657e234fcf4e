"""Situations in the life of a pool, ageing and closing; built and run in the submission's process, again and again."""

# ruff: noqa: ANN401, D102 - the submission has no types here; a scene's `jobs` and callers speak for themselves

import threading
import time
from contextlib import ExitStack
from typing import Any

from pool_meetings import Jobs, Meeting


class Ageing(Meeting):
    """Twelve connections are opened at once; then all are borrowed now and then, up to the end of their lives."""

    COUNT = 12
    LIFE = 1000

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, self.COUNT, lent=self.COUNT, max_lifetime=self.LIFE, max_idle=10**6)
        self.release()

    def jobs(self) -> Jobs:
        return [self.look]

    def look(self) -> list[int]:
        """How many of the first connections were still lent after 940, 960, … seconds."""
        first = self.connections[: self.COUNT]
        began = time.monotonic()
        left = []
        for age in (940, 960, 970, 980, 990, 1001):
            time.sleep(began + age - time.monotonic())
            with ExitStack() as loans:
                lent = [loans.enter_context(self.pool.get_connection()) for _ in range(self.COUNT)]
                left.append(sum(connection in first for connection in lent))
        return left


class ClosedWhileTheyWait(Meeting):
    """Two callers wait, or are about to, as the pool is closed."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, 1, lent=1)

    def jobs(self) -> Jobs:
        return [self.borrow, self.borrow, self.pool.close]


class ClosedMeanwhile(Meeting):
    """The pool is closed while one caller borrows and another one returns."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, 2, lent=1)
        self.seconds = 0.1

    def jobs(self) -> Jobs:
        return [self.borrow, self.release, self.pool.close]

    def seen(self) -> list[Any]:
        return [self.open(), self.borrow()[0]]


class LentAtTheEnd(Meeting):
    """The pool is closed with *timeout* while a block still runs, for *seconds*."""

    def __init__(self, solution: Any, timeout: float | None, seconds: float) -> None:
        super().__init__(solution, 1, lent=1)
        self.timeout = timeout
        self.block = seconds

    def jobs(self) -> Jobs:
        return [self.close, lambda: self.release(0.5 + self.block)]

    def close(self) -> float:
        time.sleep(0.5)
        began = time.monotonic()
        self.pool.close(timeout=self.timeout)
        return round(time.monotonic() - began, 1)


class Threads(Meeting):
    """A pool is used and closed; ten seconds later its threads are counted."""

    def __init__(self, solution: Any) -> None:
        self.before = set(threading.enumerate())
        super().__init__(solution, 2, lent=2)

    def jobs(self) -> Jobs:
        return [self.close]

    def close(self) -> int:
        self.release()
        self.borrow()
        self.pool.close()
        time.sleep(10)
        own = set(threading.enumerate()) - self.before
        return sum("Dummy" not in type(thread).__name__ for thread in own)  # a scene's callers are dummies
