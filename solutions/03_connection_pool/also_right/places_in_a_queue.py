"""Design: a queue.LifoQueue of places, each holding an idle connection or nothing yet.

Reaches: tier 1

The queue does all the waiting and all the locking. It begins with max_connections empty places; whoever takes
an empty one opens a connection. Last in, first out, so that places which hold a connection are taken first.
The price: the queue serves waiting callers in no particular order, and says little about itself.
"""

import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import psycopg2

Connection: TypeAlias = Any
Parameters: TypeAlias = Sequence[object] | Mapping[str, object] | None


class PoolError(Exception):
    """Base of the pool's own errors."""


class PoolTimeout(PoolError):
    """No place became free in time."""


class DatabasePool:
    """Lends connections; a place without one gets it when it is first needed."""

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
        self._connect = connect or (lambda: psycopg2.connect(dsn))
        self._timeout = timeout
        self._count = threading.Lock()
        names = ("pool_size", "available_connections", "connections_created", "connections_used")
        self._stats = dict.fromkeys(names, 0)
        self._places: queue.LifoQueue[Any] = queue.LifoQueue()
        for _ in range(max_connections - min_connections):
            self._places.put(None)
        for _ in range(min_connections):
            self._places.put(self._open())
            self._add("available_connections", 1)

    @contextmanager
    def get_connection(self, timeout: float | None = None) -> Iterator[Connection]:
        """Lend a connection, then commit or roll back."""
        try:
            connection = self._places.get(timeout=self._timeout if timeout is None else timeout)
        except queue.Empty:
            raise PoolTimeout from None
        try:
            if connection is None:
                connection = self._open()
            else:
                self._add("available_connections", -1)
            self._add("connections_used", 1)
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()
        finally:
            if connection is not None:
                self._add("available_connections", 1)
            self._places.put(connection)

    def execute_query(self, query: str, params: Parameters = None) -> list[Any]:
        """Run one statement; its rows, or []."""
        with self.get_connection() as connection:
            cursor = connection.cursor()
            cursor.execute(query, params)
            return [] if cursor.description is None else cursor.fetchall()

    def get_stats(self) -> dict[str, int]:
        """Count connections and loans."""
        with self._count:
            return dict(self._stats)

    def _open(self) -> Connection:
        connection = self._connect()
        self._add("pool_size", 1)
        self._add("connections_created", 1)
        return connection

    def _add(self, what: str, number: int) -> None:
        with self._count:
            self._stats[what] += number
