"""Mistake: when a connection comes back broken, who waits is not told that its place is free.

Believes: only a connection that comes back ends a wait.
Rejected by: broken_connection_lets_who_waits_open_one
Hint: A connection is broken and closed, so one more may be opened. Who among the waiting callers learns of
    it?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """When a connection comes back broken, who waits is not told that its place is free."""

    def _come_back(self, loan):
        if not self._is_mine(loan):
            return None
        if self._clean(loan.entry):
            return self._end(loan, keep=True)
        self._discard(loan)
        with self._lock:
            self._loans.discard(loan)
            self._changed.notify_all()
            if self._closed or not self._line:
                self._serve_next()
        self._tidy()
        return None
