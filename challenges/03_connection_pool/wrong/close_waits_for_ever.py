"""Mistake: close() waits until the last connection is back, however long that takes.

Believes: closing is not done before all is closed.
Rejected by: lent_connections_finish_first, close_waits_as_long_as_told
Hint: One block hangs. When does close(timeout=5) return, and when close()?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Close() waits until the last connection is back, however long that takes."""

    def close(self, timeout=None):
        super().close(10**6)
