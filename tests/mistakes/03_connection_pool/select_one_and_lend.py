"""Variant of: check_leaves_its_transaction."""

import logging
import os
import random
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Self, TypeAlias

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

logger = logging.getLogger(__name__)

Connection: TypeAlias = Any
Parameters: TypeAlias = Sequence[object] | Mapping[str, object] | None


class PoolError(Exception):
    """Base of the pool's own errors."""


class PoolTimeout(PoolError):
    """No connection became free in time."""


class PoolClosed(PoolError):
    """The pool is closed."""


class TooManyRequests(PoolError):
    """The line is full."""


class _Member:
    """A connection of the pool, and its dates."""

    def __init__(self, connection: Connection, expires: float, now: float) -> None:
        self.connection, self.expires = connection, expires
        self.since = now  # lent, or idle, since then
        self.borrower, self.reported, self.pid = "", False, os.getpid()


def _ping(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _wipe(connection: Connection) -> None:
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("DISCARD ALL")
    connection.autocommit = False


class DatabasePool:
    """Idle and busy connections together are at most *max_connections*; being opened or closed is busy too."""

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
        if not 0 <= min_connections <= max_connections or max_connections < 1 or (connect is None) == (dsn is None):
            raise ValueError("need 0 <= min <= max, a max of 1 or more, and either connect= or dsn=")
        self._connect = connect or (lambda: psycopg2.connect(dsn))
        self._min, self._max, self._max_waiting = min_connections, max_connections, max_waiting
        self._timeout, self._max_lifetime, self._max_idle = timeout, max_lifetime, max_idle
        self._leak_threshold = leak_threshold
        self._check, self._reset, self._clock = check or _ping, reset or _wipe, clock
        self._inherited, self._closed = list[object](), False
        self._start_afresh()
        try:
            for _ in range(min_connections):
                self._idle.append(self._open())
        except BaseException:
            self.close()
            raise

    def _start_afresh(self) -> None:
        self._pid = os.getpid()
        self._changed = threading.Condition()
        self._idle: deque[_Member] = deque()
        self._lent: set[_Member] = set()
        self._busy = self._closing = 0
        self._line: deque[object] = deque()
        self._created = self._used = self._gone = self._timeouts = 0
        self._wait_seconds = 0.0

    @contextmanager
    def get_connection(self, timeout: float | None = None) -> Iterator[Connection]:
        """Lend a connection, then commit or roll back."""
        member = self._take(self._timeout if timeout is None else timeout)
        try:
            yield member.connection
            if member.pid == os.getpid():
                member.connection.commit()
        finally:
            if member.pid == os.getpid():
                self._give_back(member)

    def execute_query(self, query: str, params: Parameters = None) -> list[Any]:
        """Run one statement; its rows, or []."""
        with self.get_connection() as connection, connection.cursor() as cursor:
            cursor.execute(query, params)
            return cursor.fetchall() if cursor.description else []

    def get_stats(self) -> dict[str, float]:
        """Count everything, in one moment."""
        self._look_around()
        with self._changed:
            return {
                "pool_size": len(self._idle) + self._busy,
                "available_connections": len(self._idle),
                "in_use": self._busy,
                "waiting": len(self._line),
                "connections_created": self._created,
                "connections_used": self._used,
                "closed": self._gone,
                "timeouts": self._timeouts,
                "wait_seconds": self._wait_seconds,
            }

    def close(self, timeout: float | None = None) -> None:
        """Lend nothing any more; wait for what is lent if there is a timeout."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, deque()
            self._closing += len(idle)
            self._changed.notify_all()
        for member in idle:
            self._dispose(member)
        with self._changed:
            self._closing -= len(idle)
            self._changed.notify_all()
            if timeout is not None:
                self._changed.wait_for(lambda: not self._busy and not self._closing, timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take(self, timeout: float) -> _Member:
        self._look_around()
        deadline = self._clock() + timeout
        member = self._stand_in_line(deadline)
        try:
            while member is not None and not self._is_alive(member):
                dead, member = member, None
                self._dispose(dead)
                with self._changed:
                    if self._clock() >= deadline:
                        self._timeouts += 1
                        raise PoolTimeout
                    member = self._idle.pop() if self._idle else None
            member = member or self._open()
            member.since, member.reported = self._clock(), False
            if self._leak_threshold is not None:
                member.borrower = "".join(traceback.format_stack())
            with self._changed:
                if self._closed:
                    raise PoolClosed
                self._used += 1
                self._lent.add(member)
        except BaseException:
            self._leave(member, keep=False)
            raise
        return member

    def _stand_in_line(self, deadline: float) -> _Member | None:
        """Wait for a place; with an idle connection in it, if there is one."""
        ticket = object()
        with self._changed:
            began = self._clock()
            if 0 < self._max_waiting <= len(self._line) and not self._closed:
                raise TooManyRequests
            self._line.append(ticket)
            try:
                while not self._closed and not (self._line[0] is ticket and self._has_room()):
                    left = deadline - self._clock()
                    if left <= 0:
                        self._timeouts += 1
                        raise PoolTimeout
                    self._changed.wait(left)
                if self._closed:
                    raise PoolClosed
                self._busy += 1
                return self._idle.pop() if self._idle else None
            finally:
                self._line.remove(ticket)
                self._wait_seconds += self._clock() - began
                self._changed.notify_all()  # somebody else is the first in line now

    def _has_room(self) -> bool:
        return bool(self._idle) or self._busy + self._closing < self._max

    def _give_back(self, member: _Member) -> None:
        with self._changed:
            self._lent.discard(member)
        clean = False
        try:
            clean = self._is_clean(member)
        finally:
            self._leave(member, keep=clean)
        self._look_around()

    def _leave(self, member: _Member | None, *, keep: bool) -> None:
        with self._changed:
            if keep and member is not None and not self._closed:
                member.since = self._clock()
                self._idle.append(member)
                self._busy -= 1
                self._changed.notify_all()
                return
        if member is not None:
            self._dispose(member)
        with self._changed:
            self._busy -= 1
            self._changed.notify_all()

    def _open(self) -> _Member:
        connection = self._connect()
        now = self._clock()
        with self._changed:
            self._created += 1
        return _Member(connection, now + self._max_lifetime * random.uniform(0.95, 1), now)

    def _dispose(self, member: _Member) -> None:
        with suppress(Exception):
            member.connection.close()
        with self._changed:
            self._gone += 1

    def _is_alive(self, member: _Member) -> bool:
        if self._clock() >= member.expires:
            return False
        try:
            self._check(member.connection)
        except Exception:  # noqa: BLE001 - whatever it raises, the connection is dead
            return False
        return True

    def _is_clean(self, member: _Member) -> bool:
        try:
            member.connection.rollback()
            self._reset(member.connection)
            return bool(member.connection.get_transaction_status() == TRANSACTION_STATUS_IDLE)
        except Exception:  # noqa: BLE001 - it is closed, and nobody misses it
            return False

    def _look_around(self) -> None:
        """Start afresh after a fork, close who is idle for too long, report who is lent for too long."""
        if self._pid != os.getpid():
            self._inherited += [self._idle, self._lent, self._changed]  # neither used nor closed nor collected
            self._start_afresh()
        now = self._clock()
        surplus: list[_Member] = []
        late: list[_Member] = []
        with self._changed:
            while self._idle and self._idle[0].since <= now - self._max_idle:
                if len(self._idle) + self._busy <= self._min:
                    break
                surplus.append(self._idle.popleft())
            self._closing += len(surplus)
            if self._leak_threshold is not None:
                late = [each for each in self._lent if not each.reported and now - each.since > self._leak_threshold]
            for member in late:
                member.reported = True
        for member in late:
            logger.warning("lent for %.0f s, borrowed at\n%s", now - member.since, member.borrower)
        for member in surplus:
            self._dispose(member)
        if surplus:
            with self._changed:
                self._closing -= len(surplus)
                self._changed.notify_all()
