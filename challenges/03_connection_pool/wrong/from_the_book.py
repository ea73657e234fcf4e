"""Mistake: psycopg2's own pool is used as if it did everything a pool should do.

Believes: a pool that comes with the driver waits, commits, and keeps what it opened.
Rejected by: returned_connections_stay_open, never_more_than_max_connections, clean_exit_commits,
    error_rolls_back, connection_is_free_again_after_a_failed_commit,
    statement_without_rows_gives_an_empty_list, returning_rows_are_kept, stats_count_connections_and_loans,
    timeout_is_no_loan, waiting_ends_with_pool_timeout, timeout_of_a_call_goes_first,
    timeout_of_zero_does_not_wait, returned_connection_ends_the_wait, who_timed_out_has_taken_nothing,
    slow_connect_holds_up_nobody, first_come_first_served, being_woken_does_not_restart_the_timeout,
    connection_is_not_lost_to_who_gives_up, broken_connection_lets_who_waits_open_one,
    dead_idle_connections_are_replaced, closed_connection_is_not_lent_again, session_is_wiped,
    reset_is_called_on_return, blocks_error_survives, interrupts_roll_back, lifetimes_differ,
    settings_are_checked_first, failed_start_leaves_nothing_open, closed_pool_lends_nothing,
    with_block_closes_the_pool, lent_connections_finish_first, close_ends_the_wait,
    nothing_stays_open_after_close, close_waits_as_long_as_told, closed_pool_leaves_no_thread,
    needed_connections_stay, long_loans_are_reported_once, full_line_turns_away, line_has_no_end_by_default,
    last_place_in_line_goes_to_one, child_can_use_the_pool, all_numbers_are_told, one_being_opened_is_in_use,
    numbers_are_of_one_moment, no_count_is_lost, opened_minus_closed_is_the_size
Hint: psycopg2's pool lends and takes back, and that is all it does. Which promises of the spec are left for
    you: who waits, who commits, and what becomes of connections above the minimum?

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
