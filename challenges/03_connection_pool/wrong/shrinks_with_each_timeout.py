"""Mistake: each PoolTimeout lowers the maximum by one.

Believes: a connection that does not come back in time will never come back.
Rejected by: who_timed_out_has_taken_nothing
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2


class PoolError(Exception):
    """Base of the pool's own errors."""


class PoolTimeout(PoolError):
    """No connection became free in time."""


class DatabasePool:
    """Lends connections; opens a new one when none is idle."""

    def __init__(
        self,
        min_connections: int = 5,
        max_connections: int = 20,
        *,
        connect: Callable[[], Any] | None = None,
        dsn: str | None = None,
        timeout: float = 30.0,
        **_later_tiers: object,
    ) -> None:
        self._connect = connect or (lambda: psycopg2.connect(dsn))
        self._max = max_connections
        self._timeout = timeout
        self._changed = threading.Condition()
        self._idle: list[Any] = []
        self._open = 0
        self._used = 0
        self._lent = 0

    @contextmanager
    def get_connection(self, timeout: float | None = None) -> Iterator[Any]:
        """Lend a connection, then commit or roll back."""
        connection = self._take(self._timeout if timeout is None else timeout)
        try:
            yield connection
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
        finally:
            self._give_back(connection)

    def execute_query(self, query: str, params: Any = None) -> list[Any]:
        """Run one statement; its rows, or []."""
        with self.get_connection() as connection, connection.cursor() as cursor:
            cursor.execute(query, params)
            return [] if cursor.description is None else cursor.fetchall()

    def get_stats(self) -> dict[str, int]:
        """Count connections and loans."""
        with self._changed:
            return {
                "pool_size": self._open,
                "available_connections": len(self._idle),
                "connections_created": self._open,
                "connections_used": self._used,
            }

    def _take(self, timeout: float) -> Any:
        deadline = time.monotonic() + timeout
        with self._changed:
            while self._lent >= self._max:
                left = deadline - time.monotonic()
                if left <= 0:
                    self._max -= 1
                    raise PoolTimeout
                self._changed.wait(left)
            self._lent += 1
            self._used += 1
            if self._idle:
                return self._idle.pop()
            self._open += 1
        return self._connect()

    def _give_back(self, connection: Any) -> None:
        with self._changed:
            self._lent -= 1
            self._idle.append(connection)
            self._changed.notify()
