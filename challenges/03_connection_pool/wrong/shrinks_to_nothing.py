"""Mistake: idle connections are closed, the last min_connections too.

Believes: idle is idle.
Rejected by: needed_connections_stay
Hint: Which connections should be there when nobody has called for an hour? The constructor was told.
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Idle connections are closed, the last min_connections too."""

    def _is_surplus(self, entry):
        return entry.idle_since <= self._clock() - self._max_idle
