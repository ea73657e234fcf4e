"""Mistake: whether there is room is asked before the lock is taken.

Believes: nothing happens between two lines that follow each other.
Rejected by: maximum_holds_while_opening
Hint: Two callers ask for the last free place at the same moment. Can both see it before either has taken it?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Whether there is room is asked before the lock is taken."""

    def _get_place(self, loan, timeout):
        if not self._closed and self._has_room():
            with self._lock:
                return self._grant(loan)
        super()._get_place(loan, timeout)
