"""Mistake: a timeout of 0 is taken for none.

Believes: `or` picks the first value that was given.
Rejected by: timeout_of_zero_does_not_wait
Hint: What is `0 or 30` in Python? A timeout of 0 was given, and it is not None.
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """A timeout of 0 is taken for none."""

    def _patience(self, timeout):
        return timeout or self._timeout
