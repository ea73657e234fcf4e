"""Situations in which borrowers meet; built and run in the submission's process, once for every order of turns."""

# ruff: noqa: ANN401, D102 - the submission has no types here; a scene's `jobs` and callers speak for themselves

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any

import psycopg2

from pool_meetings import Connection, Jobs, Meeting, Outcome


class SlowConnects(Meeting):
    """Two callers want the only connection, and opening one takes a second."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, 1)
        self.seconds = 1.0

    def jobs(self) -> Jobs:
        return [lambda: self.borrow(hold=1), lambda: self.borrow(hold=1)]

    def seen(self) -> int:
        return self.peak


class HangingConnect(Meeting):
    """A connection takes as long to open as others need to return, borrow and ask; or a minute, if they cannot."""

    def __init__(self, solution: Any) -> None:
        self.others_came: threading.Event | None = None
        self.begun = threading.Event()
        self.in_vain = False
        super().__init__(solution, 2, lent=1)
        self.others_came = threading.Event()

    def jobs(self) -> Jobs:
        return [lambda: self.after(0.5), self.others]

    def connect(self) -> Connection:
        if self.others_came:
            self.begun.set()
            self.in_vain = not self.others_came.wait(60)
        return super().connect()

    def others(self) -> None:
        self.begun.wait(100)
        self.pool.get_stats()
        self.release()
        self.borrow(timeout=100)
        self.others_came.set()

    def seen(self) -> bool:
        return self.in_vain


class FailingConnect(Meeting):
    """Opening fails for three callers; then the server is there."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, 2)
        self.failing = 10**6

    def jobs(self) -> Jobs:
        return [self.three_and_two]

    def three_and_two(self) -> list[Outcome]:
        outcomes = [self.borrow(timeout=1) for _ in range(3)]
        self.failing = 0
        with ExitStack() as loans:
            with suppress(Exception):
                loans.enter_context(self.pool.get_connection(timeout=60))
            return [*outcomes, self.borrow(timeout=60)]


class FailingForOne(Meeting):
    """The only connection takes a second to open and fails, while somebody waits."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, 1)
        self.seconds = 1.0
        self.failing = 1

    def jobs(self) -> Jobs:
        return [lambda: self.after(0.5), lambda: self.after(1)]


class Line(Meeting):
    """Two callers wait in line; as the connection comes back, a third one arrives."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, 1, lent=1)
        self.coming_back = threading.Event()

    def jobs(self) -> Jobs:
        return [lambda: self.wait(0.5, "first"), lambda: self.wait(1, "second"), self.give_back, self.come_late]

    def wait(self, seconds: float, name: str) -> Outcome:
        return self.after(seconds, name=name, hold=1.0)

    def give_back(self) -> None:
        time.sleep(5)
        self.coming_back.set()
        self.release()

    def come_late(self) -> Outcome:
        self.coming_back.wait(60)
        return self.borrow(name="late")

    def seen(self) -> list[str]:
        return self.order


class WokenForNothing(Meeting):
    """A caller waits 5 seconds; in the middle of it the connection comes back and goes to somebody before it."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, 1, lent=1)

    def jobs(self) -> Jobs:
        return [lambda: self.after(0.5, hold=20), lambda: self.after(1, timeout=5.0), lambda: self.release(3)]


class DeadOnes(Meeting):
    """Four idle connections are dead, and each check takes 2 seconds to find out; the caller has 3."""

    def __init__(self, solution: Any) -> None:
        self.dead = False
        super().__init__(solution, 4, lent=4, check=self.check)
        self.release()
        self.dead = True

    def jobs(self) -> Jobs:
        return [lambda: self.borrow(timeout=3.0)]

    def check(self, _: Connection) -> None:
        if self.dead:
            time.sleep(2)
            raise psycopg2.OperationalError("server closed the connection unexpectedly")


class LastInstant(Meeting):
    """The connection comes back in the very instant in which the first of two waiting callers gives up."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, 1, lent=1)
        self.giving_up = threading.Event()

    def jobs(self) -> Jobs:
        return [self.wait_briefly, lambda: self.after(1, timeout=60), self.give_back]

    def wait_briefly(self) -> Outcome:
        time.sleep(0.5)
        as_a_wait_ends[threading.get_ident()] = self.let_others_go_on
        try:
            return self.borrow(timeout=5.0)
        finally:
            as_a_wait_ends.clear()
            self.giving_up.set()

    def let_others_go_on(self) -> None:
        self.giving_up.set()
        time.sleep(0)

    def give_back(self) -> None:
        self.giving_up.wait(100)
        self.release()


as_a_wait_ends: dict[int, Callable[[], None]] = {}
"""What a thread does between the end of its next wait and the lock that it takes again."""


def _noticed(method: Any) -> Any:
    def acquire_restore(waiting: Any, state: Any) -> None:
        as_a_wait_ends.pop(threading.get_ident(), lambda: None)()
        method(waiting, state)

    return acquire_restore


for _kind in (threading.Condition, threading.RLock):
    if hasattr(_kind, "_acquire_restore"):
        _kind._acquire_restore = _noticed(_kind._acquire_restore)  # type: ignore[union-attr] # noqa: SLF001


class BrokenForOne(Meeting):
    """The only connection comes back broken while somebody waits."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, 1, lent=1)

    def jobs(self) -> Jobs:
        return [lambda: self.after(0.5), self.break_it]

    def break_it(self) -> None:
        time.sleep(1)
        self.connections[0].broken = True
        with suppress(ValueError, psycopg2.Error), self.held:
            raise ValueError("the server is gone")
