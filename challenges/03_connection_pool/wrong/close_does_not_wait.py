"""Mistake: close(timeout=…) does not wait for the lent connections.

Believes: the blocks will end by themselves.
Rejected by: close_waits_as_long_as_told
Hint: What may a caller of close(timeout=5) expect to be over when close() returns?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Close(timeout=…) does not wait for the lent connections."""

    def close(self, timeout=None):
        super().close()
