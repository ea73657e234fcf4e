"""Mistake: all connections have the same lifetime.

Believes: max_lifetime is the lifetime.
Rejected by: lifetimes_differ
Hint: A burst opens twenty connections in the same second. What happens when their lifetime is over?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """All connections have the same lifetime."""

    def _lifetime(self):
        return self._max_lifetime
