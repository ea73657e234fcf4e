"""Mistake: the numbers are read one after another, without the lock.

Believes: reading changes nothing, so it needs no lock.
Rejected by: numbers_are_of_one_moment
Hint: While you read the second number, another thread returns a connection. Do both numbers still belong
    together?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """The numbers are read one after another, without the lock."""

    def get_stats(self):
        self._begin_of_call()
        numbers = super()._numbers()
        numbers["pool_size"] = len(self._idle) + len(self._loans)
        numbers["available_connections"] = len(self._idle)
        numbers["in_use"] = len(self._loans)
        return numbers
