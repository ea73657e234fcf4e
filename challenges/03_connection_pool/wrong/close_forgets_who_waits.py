"""Mistake: close() lets those who wait go on waiting.

Believes: their timeout will end it.
Rejected by: close_ends_the_wait
Hint: Some callers wait while you close the pool. Will a connection ever come for them, and who tells them?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Close() lets those who wait go on waiting."""

    def _send_away(self):
        pass
