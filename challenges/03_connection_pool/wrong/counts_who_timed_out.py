"""Mistake: loans are counted before the wait.

Believes: who asks for a connection gets one in the end.
Rejected by: timeout_is_no_loan
Hint: At which line is it certain that this caller has a connection? Count there.
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Loans are counted before the wait."""

    def _get_place(self, loan, timeout):
        with self._lock:
            self._counts["connections_used"] += 1
        super()._get_place(loan, timeout)

    def _fill(self, loan, deadline):
        super()._fill(loan, deadline)
        with self._lock:
            self._counts["connections_used"] -= 1
