"""Mistake: a connection counts from when it is open, not from when its opening begins.

Believes: what is not there yet cannot be counted.
Rejected by: one_being_opened_is_in_use
Hint: A connection is just being opened for a caller. May another caller have its place? Then it is in use.
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """A connection counts from when it is open, not from when its opening begins."""

    def _numbers(self):
        numbers = super()._numbers()
        opening = sum(loan.entry is None for loan in self._loans)
        numbers["in_use"] -= opening
        numbers["pool_size"] -= opening
        return numbers
