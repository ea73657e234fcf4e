"""Mistake: all max_connections are opened at the start.

Believes: the maximum will be needed sooner or later, so why not now.
Rejected by: one_caller_needs_one_connection, failed_connect_frees_its_place, one_being_opened_is_in_use
Hint: How many connections does a program need that only ever borrows one at a time?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """All max_connections are opened at the start."""

    def _start(self):
        least, self._min = self._min, self._max
        super()._start()
        self._min = least
