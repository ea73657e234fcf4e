"""Design: a thread of the pool opens connections; borrowers only wait for one to be put into their hands.

Reaches: tier 1

Like psycopg_pool. A borrower's timeout holds even while opening takes long, and a burst of short loans opens
few connections, because whatever comes back first ends the wait. The price: a thread that must be looked
after, an error of connect() that the borrower only sees as a PoolTimeout, and sometimes one connection more
than needed.
"""

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import psycopg2

logger = logging.getLogger(__name__)

Connection: TypeAlias = Any
Parameters: TypeAlias = Sequence[object] | Mapping[str, object] | None


class PoolError(Exception):
    """Base of the pool's own errors."""


class PoolTimeout(PoolError):
    """No connection became free in time."""


class DatabasePool:
    """Lends connections in the order of arrival; grows in the background while somebody waits."""

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
        self._max = max_connections
        self._timeout = timeout
        self._lock = threading.Lock()
        self._idle: deque[Connection] = deque()
        self._line: deque[queue.SimpleQueue[Connection]] = deque()
        self._orders: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._size = 0  # open and ordered connections
        self._growing = False
        self._counts = {"connections_created": 0, "connections_used": 0}
        threading.Thread(target=self._open_ordered, name="pool-opener", daemon=True).start()
        with self._lock:
            for _ in range(min_connections):
                self._order()

    @contextmanager
    def get_connection(self, timeout: float | None = None) -> Iterator[Connection]:
        """Lend a connection, then commit or roll back."""
        connection = self._take(self._timeout if timeout is None else timeout)
        try:
            with connection:  # psycopg2's own: commit, or rollback
                yield connection
        finally:
            self._put(connection)

    def execute_query(self, query: str, params: Parameters = None) -> list[Any]:
        """Run one statement; its rows, or []."""
        with self.get_connection() as connection, connection.cursor() as cursor:
            cursor.execute(query, params)
            return list(cursor) if cursor.description else []

    def get_stats(self) -> dict[str, int]:
        """Count connections and loans."""
        with self._lock:
            return {**self._counts, "pool_size": self._size, "available_connections": len(self._idle)}

    def _take(self, timeout: float) -> Connection:
        mine: queue.SimpleQueue[Connection] = queue.SimpleQueue()
        with self._lock:
            if self._idle:
                self._counts["connections_used"] += 1
                return self._idle.popleft()
            self._line.append(mine)
            if self._size < self._max and not self._growing:
                self._growing = True
                self._order()
        try:
            return mine.get(timeout=timeout)
        except queue.Empty:
            pass
        with self._lock:
            if mine in self._line:
                self._line.remove(mine)
                raise PoolTimeout
        return mine.get()  # it came in the last instant

    def _put(self, connection: Connection) -> None:
        with self._lock:
            if self._line:
                self._counts["connections_used"] += 1
                self._line.popleft().put(connection)
            else:
                self._idle.append(connection)

    def _order(self) -> None:
        self._size += 1
        self._orders.put(None)

    def _open_ordered(self) -> None:
        while True:
            self._orders.get()
            try:
                connection = self._connect()
            except Exception:
                logger.exception("a connection could not be opened")
                time.sleep(0.5)
                self._orders.put(None)
                continue
            with self._lock:
                self._counts["connections_created"] += 1
                self._growing = False
            self._put(connection)
            with self._lock:
                if self._line and self._size < self._max:
                    self._growing = True
                    self._order()
