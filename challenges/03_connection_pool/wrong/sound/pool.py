"""A pool in which nothing is wrong, in small steps: each known-wrong solution takes it and gets one step wrong."""

import logging
import os
import random
import threading
import time
import traceback
from collections import deque
from contextlib import contextmanager, suppress

import psycopg2

from sound.parts import Entry, Loan, PoolClosed, PoolTimeout, TooManyRequests, ping, wipe

logger = logging.getLogger(__name__)


class SoundPool:
    """Lends places, in the order of arrival; in a place there is at most one connection."""

    def __init__(
        self, min_connections=5, max_connections=20, *, connect=None, dsn=None, timeout=30.0, max_lifetime=3600.0,
        max_idle=600.0, max_waiting=0, leak_threshold=None, check=None, reset=None, clock=time.monotonic,
    ):  # fmt: skip
        self._check_settings(min_connections, max_connections, connect, dsn)
        self._connect = connect or (lambda: psycopg2.connect(dsn))
        self._min, self._max = min_connections, max_connections
        self._timeout, self._max_waiting = timeout, max_waiting
        self._max_lifetime, self._max_idle, self._leak_threshold = max_lifetime, max_idle, leak_threshold
        self._check, self._reset, self._clock = check or ping, reset or wipe, clock
        self._begin()
        self._start()

    def _check_settings(self, least, most, connect, dsn):
        if not 0 <= least <= most or most < 1 or (connect is None) == (dsn is None):
            raise ValueError("need 0 <= min <= max, max >= 1, and one of connect and dsn")

    def _begin(self):
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._idle, self._loans, self._line = deque(), set(), deque()
        self._closing, self._closed = 0, False
        self._counts = dict.fromkeys(("connections_created", "connections_used", "closed", "timeouts"), 0)
        self._wait_seconds = 0.0

    def _start(self):
        try:
            for _ in range(self._min):
                self._idle.append(self._open())
        except BaseException:
            self.close()
            raise

    @contextmanager
    def get_connection(self, timeout=None):
        loan = self._borrow(self._patience(timeout))
        try:
            yield loan.entry.connection
            self._commit(loan)
        finally:
            self._come_back(loan)

    def execute_query(self, query, params=None):
        with self.get_connection() as connection, connection.cursor() as cursor:
            cursor.execute(query, params)
            return [] if cursor.description is None else list(cursor.fetchall())

    def get_stats(self):
        self._begin_of_call()
        with self._lock:
            return self._numbers()

    def close(self, timeout=None):
        with self._lock:
            self._closed = True
            self._send_away()
        self._tidy()
        if timeout is not None:
            with self._changed:
                self._changed.wait_for(lambda: not self._loans and not self._idle and not self._closing, timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # -- borrowing ---------------------------------------------------------------------------------------------

    def _patience(self, timeout):
        return self._timeout if timeout is None else timeout

    def _begin_of_call(self):
        if self._pid != os.getpid():
            self._forget_parent()
        self._tidy()

    def _forget_parent(self):
        self._parents = (getattr(self, "_parents", None), self._idle, self._loans)
        self._begin()

    def _borrow(self, timeout):
        self._begin_of_call()
        loan = Loan(self._clock(), None if self._leak_threshold is None else traceback.extract_stack())
        deadline = loan.since + timeout
        self._get_place(loan, timeout)
        try:
            self._fill(loan, deadline)
        except BaseException:
            self._end(loan, keep=False)
            raise
        return loan

    def _get_place(self, loan, timeout):
        with self._lock:
            self._require_open()
            if self._has_room():
                return self._grant(loan)
            self._join(loan)
        self._wait(loan, timeout)
        with self._lock:
            if loan not in self._loans:
                self._leave(loan)

    def _has_room(self):
        return len(self._loans) + self._closing < self._max

    def _join(self, loan):
        if 0 < self._max_waiting <= len(self._line):
            raise TooManyRequests
        self._line.append(loan)

    def _wait(self, loan, timeout):
        loan.arrived.wait(max(0, timeout))

    def _leave(self, loan):
        self._wait_seconds += self._clock() - loan.since
        self._require_open()
        self._line.remove(loan)
        self._counts["timeouts"] += 1
        raise PoolTimeout

    def _require_open(self):
        if self._closed:
            raise PoolClosed

    def _grant(self, loan):
        now = self._clock()
        self._wait_seconds += now - loan.since
        loan.since = now
        loan.entry = self._idle.pop() if self._idle else None
        self._loans.add(loan)
        loan.arrived.set()

    def _fill(self, loan, deadline):
        while loan.entry is not None and not self._lives(loan.entry):
            self._discard(loan)
            self._next_idle(loan, deadline)
        if loan.entry is None:
            loan.entry = self._open()
        with self._lock:
            self._require_open()
            loan.since = self._clock()
            self._counts["connections_used"] += 1

    def _next_idle(self, loan, deadline):
        with self._lock:
            if self._clock() >= deadline:
                self._counts["timeouts"] += 1
                raise PoolTimeout
            loan.entry = self._idle.pop() if self._idle else None

    def _lives(self, entry):
        if self._too_old(entry):
            return False
        try:
            self._try_out(entry.connection)
        except Exception:
            return False
        return True

    def _try_out(self, connection):
        self._check(connection)
        connection.rollback()

    def _too_old(self, entry):
        return self._clock() >= entry.expires

    def _open(self):
        connection = self._connect()
        now = self._clock()
        with self._lock:
            self._counts["connections_created"] += 1
        return Entry(connection, now + self._lifetime(), now)

    def _lifetime(self):
        return self._max_lifetime * random.uniform(0.95, 1)

    # -- coming back -------------------------------------------------------------------------------------------

    def _is_mine(self, loan):
        return loan.pid == os.getpid()

    def _commit(self, loan):
        if self._is_mine(loan):
            loan.entry.connection.commit()

    def _come_back(self, loan):
        if self._is_mine(loan):
            clean = False
            try:
                clean = self._clean(loan.entry)
            finally:
                self._end(loan, keep=clean)

    def _clean(self, entry):
        try:
            entry.connection.rollback()
            self._reset(entry.connection)
            clean = entry.connection.get_transaction_status() == 0
        except Exception:
            return False
        return clean and not self._too_old(entry)

    def _end(self, loan, *, keep):
        if not keep:
            self._discard(loan)
        with self._lock:
            self._free(loan)
        self._tidy()

    def _free(self, loan):
        self._loans.discard(loan)
        if loan.entry is not None:
            loan.entry.idle_since = self._clock()
            self._idle.append(loan.entry)
        self._serve_next()

    def _serve_next(self):
        if self._line:
            self._grant(self._line.popleft())
        self._changed.notify_all()

    def _send_away(self):
        while self._line:
            self._line.popleft().arrived.set()

    def _discard(self, loan):
        entry, loan.entry = loan.entry, None
        if entry is not None:
            self._close_entry(entry)

    def _close_entry(self, entry):
        with suppress(Exception):
            entry.connection.close()
        with self._lock:
            self._counts["closed"] += 1

    # -- housekeeping ------------------------------------------------------------------------------------------

    def _tidy(self):
        while (entry := self._take_surplus()) is not None:
            self._close_entry(entry)
            with self._lock:
                self._closing -= 1
                self._serve_next()
        if self._leak_threshold is not None:
            self._report_leaks()

    def _take_surplus(self):
        with self._lock:
            if self._idle and (self._closed or self._is_surplus(self._idle[0])):
                self._closing += 1
                return self._idle.popleft()
        return None

    def _is_surplus(self, entry):
        too_many = len(self._idle) + len(self._loans) > self._min
        return too_many and entry.idle_since <= self._clock() - self._max_idle

    def _report_leaks(self):
        now = self._clock()
        with self._lock:
            late = [loan for loan in self._loans if now - loan.since > self._leak_threshold and not loan.reported]
            for loan in late:
                loan.reported = True
        for loan in late:
            logger.warning("a connection is lent for too long, since\n%s", "".join(loan.stack.format()))

    def _numbers(self):
        return {
            **self._counts,
            "pool_size": len(self._idle) + len(self._loans),
            "available_connections": len(self._idle),
            "in_use": len(self._loans),
            "waiting": len(self._line),
            "wait_seconds": self._wait_seconds,
        }
