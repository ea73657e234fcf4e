"""Mistake: close() does not close the idle connections.

Believes: a pool that lends nothing holds nothing.
Rejected by: failed_start_leaves_nothing_open, closed_pool_lends_nothing, with_block_closes_the_pool,
    lent_connections_finish_first, nothing_stays_open_after_close, close_waits_as_long_as_told
Hint: The pool is closed. Who closes the connections that lie in it?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Close() does not close the idle connections."""

    def _take_surplus(self):
        with self._lock:
            if self._idle and not self._closed and self._is_surplus(self._idle[0]):
                self._closing += 1
                return self._idle.popleft()
        return None
