"""A pool of PostgreSQL connections: few connections, many borrowers, nobody handed a dead or dirty one.

Who may have a connection open, and in which order, is decided by `pool_slots`. Opening, checking, resetting
and closing talk to the network: they happen here, in the borrower's thread, and never under a lock.
"""

import logging
import os
import random
import time
import traceback
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from operator import methodcaller
from typing import Any, Self, TypeAlias

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from pool_errors import PoolClosed, PoolError, PoolTimeout, TooManyRequests
from pool_slots import Connection, Lease, Pooled, Slots

__all__ = ["DatabasePool", "PoolClosed", "PoolError", "PoolTimeout", "TooManyRequests"]

Parameters: TypeAlias = Sequence[object] | Mapping[str, object] | None

LIFETIME_JITTER = 0.05
"""Largest share of `max_lifetime` taken off at random: connections opened together do not expire together."""

logger = logging.getLogger(__name__)


def ping(connection: Connection) -> None:
    """Raise unless the server answers; one round trip, and no transaction is left open."""
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    connection.autocommit = False


wipe = methodcaller("reset")
"""Undo what a borrower did to the session (settings, locks, temporary tables): psycopg2 sends DISCARD ALL."""


class DatabasePool:
    """A thread-safe pool that lends each connection to one borrower at a time.

    Arguments:
        min_connections: opened at once; also the number an idle pool shrinks to.
        max_connections: the most that are ever open: idle, lent and being opened together.
        connect: opens a new connection. Give either this or *dsn*.
        dsn: where `psycopg2.connect` connects to.
        timeout: seconds a caller waits for a connection. Set ``connect_timeout`` too: nobody can interrupt a
            ``connect`` that hangs.
        max_lifetime: seconds until a connection is replaced, at the next moment when nobody uses it.
        max_idle: seconds until an unused connection is closed if more than *min_connections* are open.
        max_waiting: callers that may wait at a time; 0 for any number.
        leak_threshold: seconds until a loan that has not ended is reported in the log; costs a walk of the
            stack for each loan.
        check: raises if a connection is dead. The default costs each loan a round trip.
        reset: makes a returned connection as good as new. The default costs each return a round trip.
        clock: seconds, never going back.

    Raises:
        ValueError: the numbers make no sense, or not exactly one of *connect* and *dsn* is given.

    """

    def __init__(
        self,
        min_connections: int = 5,
        max_connections: int = 20,
        *,
        connect: Callable[[], Connection] | None = None,
        dsn: str | None = None,
        timeout: float = 30.0,
        max_lifetime: float = 3600.0,
        max_idle: float = 600.0,
        max_waiting: int = 0,
        leak_threshold: float | None = None,
        check: Callable[[Connection], None] | None = None,
        reset: Callable[[Connection], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if min_connections < 0 or max_connections < 1 or min_connections > max_connections:
            msg = f"need 0 <= min <= max and max >= 1, got min {min_connections}, max {max_connections}"
            raise ValueError(msg)
        if (connect is None) == (dsn is None):
            msg = "give either connect= or dsn="
            raise ValueError(msg)
        self._connect = connect or partial(psycopg2.connect, dsn)
        self._min = min_connections
        self._timeout = timeout
        self._max_lifetime = max_lifetime
        self._max_idle = max_idle
        self._leak_threshold = leak_threshold
        self._check = check or ping
        self._reset = reset or wipe
        self._clock = clock
        self._make_slots = partial(Slots, max_connections, max_waiting, clock)
        self._slots = self._make_slots()
        self._disowned: list[Slots] = []
        try:
            for _ in range(min_connections):
                self._slots.add_idle(self._open())
        except BaseException:
            self.close()
            raise
        _pools.add(self)

    @contextmanager
    def get_connection(self, timeout: float | None = None) -> Iterator[Connection]:
        """Lend a connection for a ``with`` block: committed if the block ends well, rolled back if it raises.

        Arguments:
            timeout: seconds to wait for a connection; None for the pool's own number.

        Raises:
            PoolTimeout: none became free in time.
            TooManyRequests: too many callers wait already.
            PoolClosed: the pool is closed, or was closed while this caller waited.

        """
        lease, pooled = self._borrow(self._timeout if timeout is None else timeout)
        try:
            yield pooled.connection
            if self._slots.holds(lease):
                pooled.connection.commit()
        finally:
            # If the block forked, the child ends it too; but connection and transaction are the parent's.
            if self._slots.holds(lease):
                self._give_back(lease, pooled)

    def execute_query(self, query: str, params: Parameters = None) -> list[tuple[Any, ...]]:
        """Run one statement in a transaction of its own; return its rows, [] if it has none to give."""
        with self.get_connection() as connection, connection.cursor() as cursor:
            cursor.execute(query, params)
            return [] if cursor.description is None else list(cursor.fetchall())

    def get_stats(self) -> dict[str, float]:
        """Return what the pool holds and has done, all of one instant.

        ``pool_size`` is ``available_connections`` plus ``in_use``; one being opened for a caller is in use.
        """
        self._tidy()
        return self._slots.stats()

    def close(self, timeout: float | None = None) -> None:
        """Lend nothing any more, send away who waits, close what is idle now and what is lent on its return.

        Arguments:
            timeout: seconds to wait for the lent connections; None not to wait.

        """
        self._slots.close()
        self._tidy()
        if timeout is not None:
            self._slots.wait_until_empty(timeout)

    def __enter__(self) -> Self:
        """Return the pool, which the ``with`` block closes at its end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the pool."""
        self.close()

    def _borrow(self, timeout: float) -> tuple[Lease, Pooled]:
        self._tidy()
        lease = Lease(self._clock())
        if self._leak_threshold is not None:
            lease.stack = traceback.extract_stack()
        deadline = lease.since + timeout
        self._slots.take(lease, timeout)
        try:
            return lease, self._equip(lease, deadline)
        except BaseException:
            self._end(lease, reusable=False)
            raise

    def _equip(self, lease: Lease, deadline: float) -> Pooled:
        """Find a live connection for a slot: an idle one that passes the check, or a new one."""
        while lease.pooled is not None and not self._is_alive(lease.pooled):
            self._discard(lease)
            self._slots.take_idle(lease, deadline)
        if lease.pooled is None:
            lease.pooled = self._open()
        self._slots.lend(lease)
        return lease.pooled

    def _give_back(self, lease: Lease, pooled: Pooled) -> None:
        """End a loan without an error of its own, which would cover up the borrower's."""
        reusable = False
        try:
            reusable = self._is_clean(pooled)
        finally:
            self._end(lease, reusable=reusable)

    def _end(self, lease: Lease, *, reusable: bool) -> None:
        # Closed before its slot is free: else the next caller could open one beside it, above the maximum.
        if not reusable:
            self._discard(lease)
        self._slots.free(lease)
        self._tidy()

    def _open(self) -> Pooled:
        connection = self._connect()
        self._slots.count("connections_created")
        now = self._clock()
        lifetime = self._max_lifetime * random.uniform(1 - LIFETIME_JITTER, 1)  # noqa: S311 - not a secret
        return Pooled(connection, expires_at=now + lifetime, idle_since=now)

    def _discard(self, lease: Lease) -> None:
        if lease.pooled is not None:
            pooled, lease.pooled = lease.pooled, None
            self._close(pooled)

    def _close(self, pooled: Pooled) -> None:
        with suppress(Exception):
            pooled.connection.close()
        self._slots.count("closed")

    def _is_alive(self, pooled: Pooled) -> bool:
        if self._clock() >= pooled.expires_at:
            return False
        try:
            self._check(pooled.connection)
            pooled.connection.rollback()  # what the check may have begun; costs nothing if it has not
        except Exception:  # noqa: BLE001 - whatever it raises, the connection is dead
            return False
        return True

    def _is_clean(self, pooled: Pooled) -> bool:
        """Whether a returned connection is as good as new once it is rolled back and reset."""
        try:
            pooled.connection.rollback()
            self._reset(pooled.connection)
            idle = pooled.connection.get_transaction_status() == TRANSACTION_STATUS_IDLE
        except Exception:
            logger.info("a connection came back broken and is closed", exc_info=True)
            return False
        return idle and self._clock() < pooled.expires_at

    def _tidy(self) -> None:
        """Close idle connections nobody needs, and report loans that last too long.

        Every caller does a little of it, so the pool needs no thread; a pool nobody calls is not tidied.
        """
        now = self._clock()
        while (pooled := self._slots.take_surplus(now - self._max_idle, keep=self._min)) is not None:
            try:
                self._close(pooled)
            finally:
                self._slots.free_surplus()
        if self._leak_threshold is not None:
            for lease in self._slots.report_overdue(now - self._leak_threshold):
                stack = "".join(lease.stack.format()) if lease.stack else ""
                logger.warning("a connection is out for %.1f s, borrowed at\n%s", now - lease.since, stack)

    def _disown(self) -> None:
        """Start afresh in a forked child.

        The parent's connections are neither closed nor garbage-collected here: either could say goodbye on a
        socket the parent still talks over. Nor is its lock touched: a thread that was not forked may hold it.
        """
        parents = self._slots
        self._disowned.append(parents)
        self._slots = self._make_slots()
        if parents.closed:
            self._slots.close()


_pools: weakref.WeakSet[DatabasePool] = weakref.WeakSet()


def _disown_all() -> None:
    for pool in _pools:
        pool._disown()  # noqa: SLF001 - the same module


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_disown_all)
