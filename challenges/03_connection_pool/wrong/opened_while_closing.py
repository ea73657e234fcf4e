"""Mistake: a connection whose opening ends after close() is lent all the same.

Believes: whoever came before close() was let in.
Rejected by: nothing_stays_open_after_close
Hint: connect() takes a second, and in that second the pool is closed. Who closes the new connection?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """A connection whose opening ends after close() is lent all the same."""

    def _end(self, loan, *, keep):
        if keep:
            with self._lock:
                self._free(loan)
            if not self._closed or loan.pid != self._pid or loan in self._late:
                return
        super()._end(loan, keep=keep) if not keep else self._tidy()

    def _begin(self):
        super()._begin()
        self._late = set()

    def _fill(self, loan, deadline):
        if loan.entry is not None:
            return super()._fill(loan, deadline)
        loan.entry = self._open()
        if self._closed:
            self._late.add(loan)
        with self._lock:
            loan.since = self._clock()
            self._counts["connections_used"] += 1
