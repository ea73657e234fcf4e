"""Design: a thread of the pool opens connections; borrowers only wait for one to be put into their hands.

Reaches: tier 2

Like psycopg_pool. A borrower's timeout holds even while opening takes long, and a burst of short loans opens
few connections, because whatever comes back first ends the wait. The price: a thread that must be looked
after, an error of connect() that the borrower only sees as a PoolTimeout, and sometimes one connection more
than needed.
"""

import logging
import queue
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from operator import methodcaller
from typing import Any, Self, TypeAlias

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

logger = logging.getLogger(__name__)

Connection: TypeAlias = Any
Parameters: TypeAlias = Sequence[object] | Mapping[str, object] | None

PAUSE_AFTER_FAILURE = 0.5
"""Seconds until the thread tries again when a connection could not be opened."""


class PoolError(Exception):
    """Base of the pool's own errors."""


class PoolTimeout(PoolError):
    """No connection became free in time."""


class PoolClosed(PoolError):
    """The pool is closed."""


class TooManyRequests(PoolError):
    """Never raised by this pool: its line has no end."""


class _Order:
    """One place in line; the connection for it, or None when the pool was closed meanwhile."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.connection: Connection = None


def _ping(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


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
        max_lifetime: float = 3600.0,
        check: Callable[[Connection], None] | None = None,
        reset: Callable[[Connection], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        **_tier_3: object,
    ) -> None:
        if not 0 <= min_connections <= max_connections or max_connections < 1:
            raise ValueError("need 0 <= min_connections <= max_connections and max_connections >= 1")
        if (connect is None) == (dsn is None):
            raise ValueError("give connect= or dsn=, and not both")
        self._connect = connect or (lambda: psycopg2.connect(dsn))
        self._max, self._timeout, self._max_lifetime = max_connections, timeout, max_lifetime
        self._check, self._reset, self._clock = check or _ping, reset or methodcaller("reset"), clock
        self._lock = threading.Lock()
        self._came_back = threading.Condition(self._lock)
        self._idle: deque[Connection] = deque()
        self._line: deque[_Order] = deque()
        self._expires: dict[int, float] = {}
        self._orders: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._size = 0  # open and ordered connections
        self._ordered = 0
        self._created = self._used = 0
        self._closed = False
        threading.Thread(target=self._open_ordered, name="pool-opener", daemon=True).start()
        with self._lock:
            for _ in range(min_connections):
                self._order()

    @contextmanager
    def get_connection(self, timeout: float | None = None) -> Iterator[Connection]:
        """Lend a connection, then commit or roll back."""
        connection = self._take(self._timeout if timeout is None else timeout)
        try:
            yield connection
            connection.commit()
        finally:
            clean = False
            try:
                clean = self._is_clean(connection)
            finally:
                self._put(connection) if clean else self._drop(connection)

    def execute_query(self, query: str, params: Parameters = None) -> list[Any]:
        """Run one statement; its rows, or []."""
        with self.get_connection() as connection, connection.cursor() as cursor:
            cursor.execute(query, params)
            return list(cursor.fetchall()) if cursor.description else []

    def get_stats(self) -> dict[str, int]:
        """Count connections and loans."""
        with self._lock:
            return {
                "pool_size": self._size - self._ordered,
                "available_connections": len(self._idle),
                "connections_created": self._created,
                "connections_used": self._used,
            }

    def close(self, timeout: float | None = None) -> None:
        """Lend nothing any more, end the thread, wait for what is lent if there is a timeout."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, deque()
            while self._line:
                self._line.popleft().arrived.set()
        self._orders.put(False)
        for connection in idle:
            self._drop(connection)
        if timeout is not None:
            with self._came_back:
                self._came_back.wait_for(lambda: self._size == self._ordered, timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take(self, timeout: float) -> Connection:
        deadline = self._clock() + timeout
        while True:
            connection, fresh = self._next(deadline)
            if fresh or self._is_alive(connection):
                with self._lock:
                    closed = self._closed
                    self._used += not closed
                if not closed:
                    return connection
                self._drop(connection)
                raise PoolClosed
            self._drop(connection)
            if self._clock() >= deadline:
                raise PoolTimeout

    def _next(self, deadline: float) -> tuple[Connection, bool]:
        """An idle connection, or the one that is put into our hands; and whether it needs no check any more."""
        mine = _Order()
        with self._lock:
            if self._closed:
                raise PoolClosed
            if self._idle:
                return self._idle.pop(), False
            self._line.append(mine)
            self._order_one_more()
        mine.arrived.wait(max(0, deadline - self._clock()))
        with self._lock:
            if mine.connection is not None:
                return mine.connection, True
            if self._closed:
                raise PoolClosed
            self._line.remove(mine)
        raise PoolTimeout

    def _put(self, connection: Connection) -> None:
        """Hand a connection that is known to live to the first in line, or keep it."""
        with self._lock:
            if not self._closed:
                if self._line:
                    first = self._line.popleft()
                    first.connection = connection
                    first.arrived.set()
                else:
                    self._idle.append(connection)
                return
        self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        with suppress(Exception):
            connection.close()
        with self._lock:
            self._expires.pop(id(connection), None)
            self._size -= 1
            self._order_one_more()
            self._came_back.notify_all()

    def _is_alive(self, connection: Connection) -> bool:
        try:
            self._check(connection)
            connection.rollback()
        except Exception:  # noqa: BLE001 - whatever it raises, the connection is dead
            return False
        return self._is_young(connection)

    def _is_clean(self, connection: Connection) -> bool:
        try:
            connection.rollback()
            self._reset(connection)
            idle = connection.get_transaction_status() == TRANSACTION_STATUS_IDLE
        except Exception:
            logger.info("a connection came back broken and is closed", exc_info=True)
            return False
        return idle and self._is_young(connection)

    def _is_young(self, connection: Connection) -> bool:
        return self._clock() < self._expires.get(id(connection), 0)

    def _order_one_more(self) -> None:
        if len(self._line) > self._ordered and self._size < self._max and not self._closed:
            self._order()

    def _order(self) -> None:
        self._size += 1
        self._ordered += 1
        self._orders.put(True)

    def _open_ordered(self) -> None:
        """Until the pool is closed: open what was ordered, one after another."""
        while self._orders.get() and not self._closed:
            try:
                connection = self._connect()
            except Exception:
                logger.exception("a connection could not be opened")
                time.sleep(PAUSE_AFTER_FAILURE)
                self._orders.put(True)
                continue
            with self._lock:
                self._created += 1
                self._ordered -= 1
                life = self._max_lifetime * random.uniform(0.95, 1)  # noqa: S311 - no secret
                self._expires[id(connection)] = self._clock() + life
            self._put(connection)
