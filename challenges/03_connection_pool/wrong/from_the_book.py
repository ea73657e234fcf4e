"""Mistake: psycopg2's own pool is used as if it did everything a pool should do.

Believes: a pool that comes with the driver waits, commits, and keeps what it opened.
Rejected by: returned_connections_stay_open, never_more_than_max_connections, waiting_ends_with_pool_timeout,
    timeout_of_a_call_goes_first, returned_connection_ends_the_wait, clean_exit_commits, error_rolls_back,
    statement_without_rows_gives_an_empty_list, returning_rows_are_kept, stats_count_connections_and_loans

The book's listing in other words, repaired just enough to run: it is indented, it takes dsn= and connect=
instead of a password in the code, and get_stats() reads what psycopg2's pool has. What is wrong with it:

* Nothing is ever committed: what a block wrote is lost without a word.
* execute_query() fetches rows even where there are none, so every INSERT ends in ProgrammingError.
* When all connections are lent it raises at once instead of waiting.
* Connections above min_connections are closed when they come back, and opened again a moment later.
* A connection that died while idle is handed out; a rollback on it raises and covers up the caller's error;
  and if it died inside a transaction, its place in the pool is lost for ever.
* Settings, locks and temporary tables of one borrower are there for the next one.
* The pool's lock is held while a connection is opened: everybody waits for one slow connect.
* connections_created never counts, the other count is not protected by the lock that is there for it.
* Numbers that make no sense are accepted; a failed start leaves connections open; there is no close(), no
  largest age, and a forked child shares its parent's connections.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from psycopg2.pool import ThreadedConnectionPool


class PoolError(Exception):
    """Base of the pool's own errors."""


class PoolTimeout(PoolError):
    """Never raised here."""


class _DriversPool(ThreadedConnectionPool):
    """psycopg2's pool, with a function that opens its connections."""

    def __init__(self, least: int, most: int, connect: Callable[[], Any]) -> None:
        self._opener = connect
        super().__init__(least, most)

    def _connect(self, key: Any = None) -> Any:
        connection = self._opener()
        if key is None:
            self._pool.append(connection)
        else:
            self._used[key] = connection
            self._rused[id(connection)] = key
        return connection


class DatabasePool:
    """psycopg2's pool behind the course's interface."""

    def __init__(
        self,
        min_connections: int = 5,
        max_connections: int = 20,
        *,
        connect: Callable[[], Any] | None = None,
        dsn: str | None = None,
        **_not_used: object,
    ) -> None:
        connect = connect or (lambda: psycopg2.connect(dsn))
        self._pool = _DriversPool(min_connections, max_connections, connect)
        self._lock = threading.Lock()
        self._stats = {"connections_created": 0, "connections_used": 0}

    @contextmanager
    def get_connection(self, timeout: float | None = None) -> Iterator[Any]:
        """Lend a connection."""
        connection = None
        try:
            connection = self._pool.getconn()
            self._stats["connections_used"] += 1
            yield connection
        except Exception:
            if connection is not None:
                connection.rollback()
            raise
        finally:
            if connection is not None:
                self._pool.putconn(connection)

    def execute_query(self, query: str, params: Any = None) -> list[Any]:
        """Run a query and fetch its rows."""
        with self.get_connection() as connection, connection.cursor() as cursor:
            cursor.execute(query, params)
            return cursor.fetchall()

    def get_stats(self) -> dict[str, int]:
        """Count connections and loans."""
        return {
            **self._stats,
            "pool_size": len(self._pool._pool) + len(self._pool._used),
            "available_connections": len(self._pool._pool),
        }
