"""Callers who meet at a pool of stand-ins, on which the scenes build; runs in the submission's process."""

# ruff: noqa: ANN401, D102 - the submission has no types here; a scene's `jobs` and callers speak for themselves

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import psycopg2

Jobs = list[Callable[[], object]]
Outcome = list[Any]
"""How a loan came out ("lent", or the error's name), and after how many seconds."""


class Connection:
    """A stand-in for psycopg2's connection and its cursor in one."""

    autocommit, closed, status, rowcount, description, broken = False, 0, 1, -1, None, False

    def execute(self, *_: object) -> None:
        if self.broken or self.closed:
            raise psycopg2.OperationalError("server closed the connection unexpectedly")

    rollback = commit = reset = cancel = execute

    def cursor(self, *_: object, **__: object) -> "Connection":
        return self

    __enter__ = cursor

    def __exit__(self, *_: object) -> None:
        """The end of ``with cursor:``; what ``with connection:`` does more, no scene looks at."""

    def fetchone(self) -> tuple[int]:
        return (1,)

    def fetchall(self) -> list[tuple[int]]:
        return [(1,)]

    def get_transaction_status(self) -> int:
        return 4 if self.closed else 0

    @property
    def info(self) -> Any:
        return type("Info", (), {"transaction_status": self.get_transaction_status(), "status": self.closed})

    def set_session(self, *_: object, **__: object) -> None:
        """Nothing that a scene looks at."""

    def close(self) -> None:
        self.closed = 1


class Meeting:
    """A pool whose stand-ins open in *seconds*, the next *failing* ones not at all; and callers who borrow from it."""

    def __init__(self, solution: Any, most: int, *, lent: int = 0, **options: Any) -> None:
        self.seconds = 0.0
        self.failing = self.opening = self.peak = 0
        self.connections: list[Connection] = []
        self.order: list[str] = []
        self.held = ExitStack()
        self.pool = solution.DatabasePool(0, most, connect=self.connect, **options)
        for _ in range(lent):
            self.held.enter_context(self.pool.get_connection(timeout=60))

    def connect(self) -> Connection:
        self.opening += 1
        self.peak = max(self.peak, self.open() + self.opening)
        if self.seconds:
            time.sleep(self.seconds)
        self.opening -= 1
        if self.failing:
            self.failing -= 1
            raise psycopg2.OperationalError("could not connect to server")
        self.connections.append(Connection())
        return self.connections[-1]

    def open(self) -> int:
        return sum(not connection.closed for connection in self.connections)

    def borrow(self, timeout: float = 30.0, hold: float = 0.0, name: str = "") -> Outcome:
        began = ended = time.monotonic()
        outcome = "lent"
        try:
            with self.pool.get_connection(timeout=timeout):
                ended = time.monotonic()
                self.order.append(name)
                if hold:
                    time.sleep(hold)
        except Exception as error:  # noqa: BLE001 - which one it was, is the question
            ended = time.monotonic()
            outcome = type(error).__name__
        return [outcome, round(ended - began, 1)]

    def after(self, seconds: float, **options: Any) -> Outcome:
        time.sleep(seconds)
        return self.borrow(**options)

    def release(self, seconds: float = 0.0) -> None:
        """End what was lent from the beginning, as blocks that end well."""
        if seconds:
            time.sleep(seconds)
        self.held.close()

    def seen(self) -> Any:
        return None
