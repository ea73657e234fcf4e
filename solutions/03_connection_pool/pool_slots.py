"""The right to have a connection open: a fixed number of slots, handed over in the order of arrival."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from traceback import StackSummary
from typing import TypeAlias

import psycopg2.extensions

from pool_errors import PoolClosed, PoolTimeout, TooManyRequests

Connection: TypeAlias = psycopg2.extensions.connection


@dataclass(eq=False, slots=True)
class Pooled:
    """A connection and what the pool knows of it."""

    connection: Connection
    expires_at: float
    idle_since: float


@dataclass(eq=False, slots=True)
class Lease:
    """A slot, or the place in line of a caller who waits for one; *pooled* is the connection in the slot."""

    since: float
    stack: StackSummary | None = None
    pooled: Pooled | None = None
    reported: bool = False
    decided: threading.Event | None = None  # only who has to wait needs one

    def decide(self) -> None:
        """End the wait, if there is one."""
        if self.decided is not None:
            self.decided.set()


class Slots:
    """As many slots as connections may be open, the idle connections, and the line of those who wait.

    Nothing here talks to a database, so the lock is only ever held for microseconds. Whenever it is free:

    * idle connections and taken slots together are at most *size*: an empty slot entitles to open one;
    * somebody waits in line only while all slots are taken: a newcomer who finds one free overtakes nobody.

    Arguments:
        size: the number of slots.
        max_waiting: callers that may wait at a time; 0 for any number.
        clock: seconds, never going back.

    """

    def __init__(self, size: int, max_waiting: int, clock: Callable[[], float]) -> None:
        self._size = size
        self._max_waiting = max_waiting
        self._clock = clock
        self._lock = threading.Lock()
        self._less_open = threading.Condition(self._lock)
        self._idle: deque[Pooled] = deque()  # longest unused on the left; lent from and returned to the right
        self._leases: set[Lease] = set()
        self._closing = 0  # slots of connections that were idle for too long and are not closed yet
        self._line: deque[Lease] = deque()
        self._closed = False
        self._counts = {"connections_created": 0, "connections_used": 0, "closed": 0, "timeouts": 0}
        self._wait_seconds = 0.0

    def take(self, lease: Lease, timeout: float) -> None:
        """Get a slot for *lease*, with the connection used last if one is idle; wait in line if need be.

        Raises:
            PoolTimeout: none became free within *timeout* seconds.
            TooManyRequests: too many wait already.
            PoolClosed: there are none any more.

        """
        with self._lock:
            if self._closed:
                raise PoolClosed
            if len(self._leases) + self._closing < self._size:
                self._grant(lease)
                return
            if 0 < self._max_waiting <= len(self._line):
                raise TooManyRequests
            decided = lease.decided = threading.Event()
            self._line.append(lease)
        try:
            decided.wait(max(0.0, timeout))
        except BaseException:  # Ctrl-C while waiting
            self._leave(lease)
            raise
        with self._lock:
            # The slot may arrive in the very instant the wait ends. Whether it did is settled here, under the
            # lock: it is ours, or we leave the line now and nobody can hand it to a caller who has gone.
            if lease in self._leases:
                return
            self._wait_seconds += self._clock() - lease.since
            if self._closed:
                raise PoolClosed
            self._line.remove(lease)
            self._counts["timeouts"] += 1
            raise PoolTimeout

    def take_idle(self, lease: Lease, deadline: float) -> None:
        """Put the next idle connection, if any, into a slot whose own has turned out to be dead.

        Raises:
            PoolTimeout: *deadline* has passed.

        """
        with self._lock:
            if self._clock() >= deadline:
                self._counts["timeouts"] += 1
                raise PoolTimeout
            lease.pooled = self._idle.pop() if self._idle else None

    def lend(self, lease: Lease) -> None:
        """Begin the loan, now that the slot holds a live connection.

        Raises:
            PoolClosed: the pool was closed while the connection was being opened or checked.

        """
        with self._lock:
            if self._closed:
                raise PoolClosed
            lease.since = self._clock()
            self._counts["connections_used"] += 1

    def free(self, lease: Lease) -> None:
        """End *lease*: its connection, if any, becomes idle, and the first in line gets the slot."""
        with self._lock:
            self._leases.remove(lease)
            if lease.pooled is not None:
                lease.pooled.idle_since = self._clock()
                self._idle.append(lease.pooled)
            self._serve_next()

    def holds(self, lease: Lease) -> bool:
        """Whether *lease* has one of these slots."""
        return lease in self._leases

    def add_idle(self, pooled: Pooled) -> None:
        """Keep a connection that was opened before anybody asked for it."""
        with self._lock:
            self._idle.append(pooled)

    def take_surplus(self, unused_since: float, keep: int) -> Pooled | None:
        """Take out a connection that nobody needs: unused since then, and more than *keep* are open.

        In a closed pool that is any. It occupies a slot until `free_surplus` tells that it has been closed.
        """
        with self._lock:
            if not self._idle:
                return None
            too_many = len(self._idle) + len(self._leases) > keep
            if not (self._closed or (too_many and self._idle[0].idle_since <= unused_since)):
                return None
            self._closing += 1
            return self._idle.popleft()

    def free_surplus(self) -> None:
        """Pass on the slot of a connection that was taken out and is closed now."""
        with self._lock:
            self._closing -= 1
            self._serve_next()

    def report_overdue(self, lent_since: float) -> list[Lease]:
        """Return the loans that began before then and were not reported yet."""
        with self._lock:
            overdue = [lease for lease in self._leases if lease.since < lent_since and not lease.reported]
            for lease in overdue:
                lease.reported = True
        return overdue

    def count(self, what: str) -> None:
        """Count a connection that was "connections_created" or "closed"."""
        with self._lock:
            self._counts[what] += 1
            self._less_open.notify_all()

    def stats(self) -> dict[str, float]:
        """Return what there is and what has happened, all of one instant."""
        with self._lock:
            return {
                **self._counts,
                "wait_seconds": self._wait_seconds,
                "pool_size": len(self._idle) + len(self._leases),
                "available_connections": len(self._idle),
                "in_use": len(self._leases),
                "waiting": len(self._line),
            }

    def close(self) -> None:
        """Grant no slot any more and send away who waits."""
        with self._lock:
            self._closed = True
            while self._line:
                self._line.popleft().decide()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def wait_until_empty(self, timeout: float) -> None:
        """Wait until every loan has ended and every connection is closed, at most *timeout* seconds."""
        with self._less_open:
            self._less_open.wait_for(self._is_empty, timeout)

    def _serve_next(self) -> None:
        if self._line:
            self._grant(self._line.popleft())
        self._less_open.notify_all()

    def _grant(self, lease: Lease) -> None:
        now = self._clock()
        self._wait_seconds += now - lease.since
        lease.since = now
        lease.pooled = self._idle.pop() if self._idle else None
        self._leases.add(lease)
        lease.decide()

    def _leave(self, lease: Lease) -> None:
        """Leave the line, or pass on the slot if it came in the meantime."""
        with self._lock:
            if lease in self._line:
                self._line.remove(lease)
        if self.holds(lease):
            self.free(lease)

    def _is_empty(self) -> bool:
        return not self._leases and self._counts["closed"] == self._counts["connections_created"]
