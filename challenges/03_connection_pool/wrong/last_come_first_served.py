"""Mistake: who came last is served first.

Believes: a list's pop() takes the next one.
Rejected by: first_come_first_served, being_woken_does_not_restart_the_timeout
Hint: Two callers wait. Which end of your line do they join, and from which end are they served?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Who came last is served first."""

    def _serve_next(self):
        if self._line:
            self._grant(self._line.pop())
        self._changed.notify_all()
