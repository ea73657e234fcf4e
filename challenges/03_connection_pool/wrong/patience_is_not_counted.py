"""Mistake: only the waits that ended well are in wait_seconds.

Believes: who got nothing has not waited for anything.
Rejected by: all_numbers_are_told
Hint: Whose waiting matters more to the owner of the pool: that of callers who were served, or that of those
    who gave up?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Only the waits that ended well are in wait_seconds."""

    def _leave(self, loan):
        self._wait_seconds -= self._clock() - loan.since
        super()._leave(loan)
