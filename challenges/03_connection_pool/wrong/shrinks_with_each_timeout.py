"""Mistake: each PoolTimeout lowers the maximum by one.

Believes: a connection that does not come back in time will never come back.
Rejected by: who_timed_out_has_taken_nothing
Hint: What has a caller taken who got a PoolTimeout? Look at every number you change on the way to that error.
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Each PoolTimeout lowers the maximum by one."""

    def _leave(self, loan):
        self._max -= 1
        super()._leave(loan)
