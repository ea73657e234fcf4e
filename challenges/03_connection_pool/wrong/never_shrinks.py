"""Mistake: idle connections are kept for ever.

Believes: an open connection costs nothing.
Rejected by: idle_connections_go
Hint: A burst of callers opened twenty connections at noon. How many are open at midnight?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Idle connections are kept for ever."""

    def _is_surplus(self, entry):
        return False
