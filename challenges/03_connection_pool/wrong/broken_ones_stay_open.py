"""Mistake: a connection that comes back broken is dropped, but not closed.

Believes: what is broken needs no closing.
Rejected by: broken_connection_is_not_lent_again, opened_minus_closed_is_the_size
Hint: The pool forgets a broken connection. Who gives its socket back?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """A connection that comes back broken is dropped, but not closed."""

    def _come_back(self, loan):
        if self._is_mine(loan) and not loan.entry.connection.closed:
            try:
                loan.entry.connection.rollback()
            except Exception:
                with self._lock:
                    self._counts["closed"] += 1
                    loan.entry = None
                return self._end(loan, keep=True)
        return super()._come_back(loan)
