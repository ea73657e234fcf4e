"""Mistake: a constructor that fails leaves open what it had opened.

Believes: what nobody uses is closed by itself.
Rejected by: failed_start_leaves_nothing_open
Hint: The third connection could not be opened, and the constructor raises. What becomes of the first two?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """A constructor that fails leaves open what it had opened."""

    def _start(self):
        for _ in range(self._min):
            self._idle.append(self._open())
