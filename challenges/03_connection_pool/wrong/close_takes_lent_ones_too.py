"""Mistake: close() closes the connections that are lent.

Believes: closed means closed.
Rejected by: lent_connections_finish_first, nothing_stays_open_after_close, close_waits_as_long_as_told
Hint: Somebody is in the middle of a transaction when the pool is closed. What should become of it?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Close() closes the connections that are lent."""

    def close(self, timeout=None):
        with self._lock:
            lent = [loan.entry for loan in self._loans if loan.entry is not None]
        for entry in lent:
            entry.connection.close()
        super().close(timeout)
