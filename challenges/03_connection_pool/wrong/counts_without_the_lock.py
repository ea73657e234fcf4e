"""Mistake: timeouts are counted without the lock.

Believes: `+= 1` is one step.
Rejected by: no_count_is_lost
Hint: How many steps are there in `count += 1`, and what may another thread do between them?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Timeouts are counted without the lock."""

    def _get_place(self, loan, timeout):
        before = self._counts["timeouts"]
        try:
            super()._get_place(loan, timeout)
        except PoolTimeout:
            self._gave_up += 1
            raise

    def _begin(self):
        super()._begin()
        self._gave_up = 0

    def _next_idle(self, loan, deadline):
        try:
            super()._next_idle(loan, deadline)
        except PoolTimeout:
            self._gave_up += 1
            raise

    def _numbers(self):
        return {**super()._numbers(), "timeouts": self._gave_up}
