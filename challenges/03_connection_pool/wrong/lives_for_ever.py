"""Mistake: connections are never replaced, however old they are.

Believes: a connection that works is good.
Rejected by: old_connection_is_replaced
Hint: What is max_lifetime compared with in your code, and when?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Connections are never replaced, however old they are."""

    def _too_old(self, entry):
        return False
