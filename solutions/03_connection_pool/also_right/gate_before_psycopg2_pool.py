"""Design: a semaphore in front of psycopg2's own ThreadedConnectionPool.

Reaches: tier 1

psycopg2's pool lends and takes back but never waits; a semaphore with max_connections permits does the
waiting, so the pool behind it is never exhausted. It also closes what it holds above `minconn`; raising that
number after the start makes it keep all. The price: it opens connections under its lock, and knows nothing
of age or health.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import psycopg2
from psycopg2.pool import ThreadedConnectionPool

Connection: TypeAlias = Any
Parameters: TypeAlias = Sequence[object] | Mapping[str, object] | None


class PoolError(Exception):
    """Base of the pool's own errors."""


class PoolTimeout(PoolError):
    """No permit became free in time."""


class _CountingPool(ThreadedConnectionPool):
    """psycopg2's pool, with a function that opens its connections, and a count of them."""

    def __init__(self, least: int, most: int, connect: Callable[[], Connection]) -> None:
        self._opener = connect
        self.opened = 0
        super().__init__(least, most)
        self.minconn = most

    def _connect(self, key: object = None) -> Connection:
        connection = self._opener()
        self.opened += 1
        if key is None:
            self._pool.append(connection)
        else:
            self._used[key] = connection
            self._rused[id(connection)] = key
        return connection

    def counts(self) -> tuple[int, int, int]:
        """Open, idle and ever opened connections."""
        with self._lock:
            return len(self._pool) + len(self._used), len(self._pool), self.opened


class DatabasePool:
    """Lends the connections of psycopg2's pool, and waits for them."""

    def __init__(
        self,
        min_connections: int = 5,
        max_connections: int = 20,
        *,
        connect: Callable[[], Connection] | None = None,
        dsn: str | None = None,
        timeout: float = 30.0,
        **_later_tiers: object,
    ) -> None:
        connect = connect or (lambda: psycopg2.connect(dsn))
        self._pool = _CountingPool(min_connections, max_connections, connect)
        self._permits = threading.Semaphore(max_connections)
        self._timeout = timeout
        self._count = threading.Lock()
        self._used = 0

    @contextmanager
    def get_connection(self, timeout: float | None = None) -> Iterator[Connection]:
        """Lend a connection, then commit or roll back."""
        if not self._permits.acquire(timeout=self._timeout if timeout is None else timeout):
            raise PoolTimeout
        try:
            connection = self._pool.getconn()
            with self._count:
                self._used += 1
            try:
                yield connection
                connection.commit()
            finally:
                self._pool.putconn(connection)  # rolls back what was not committed
        finally:
            self._permits.release()

    def execute_query(self, query: str, params: Parameters = None) -> list[Any]:
        """Run one statement; its rows, or []."""
        with self.get_connection() as connection, connection.cursor() as cursor:
            cursor.execute(query, params)
            return cursor.fetchall() if cursor.description else []

    def get_stats(self) -> dict[str, int]:
        """Count connections and loans."""
        size, idle, opened = self._pool.counts()
        return {
            "pool_size": size,
            "available_connections": idle,
            "connections_created": opened,
            "connections_used": self._used,
        }
