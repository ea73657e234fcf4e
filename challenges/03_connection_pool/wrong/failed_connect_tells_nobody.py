"""Mistake: when connect() fails, who waits is not told that a place is free.

Believes: only a connection that comes back ends a wait.
Rejected by: failed_connect_lets_who_waits_try
Hint: A caller waits, and the connect() of another one fails. There is room now: who tells the one who waits?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """When connect() fails, who waits is not told that a place is free."""

    def _end(self, loan, *, keep):
        if loan.entry is not None or loan.stack == "had one":
            return super()._end(loan, keep=keep)
        with self._lock:
            self._loans.discard(loan)

    def _discard(self, loan):
        if loan.entry is not None:
            loan.stack = "had one"
        super()._discard(loan)
