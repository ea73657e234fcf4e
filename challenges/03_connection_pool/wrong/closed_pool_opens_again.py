"""Mistake: a closed pool lends new connections.

Believes: after close() nobody asks any more.
Rejected by: closed_pool_lends_nothing, with_block_closes_the_pool, close_ends_the_wait
Hint: After close(), a caller asks for a connection. Which line of yours tells it that there are none?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """A closed pool lends new connections."""

    def _require_open(self):
        pass

    def _leave(self, loan):
        if self._closed:
            raise PoolClosed
        super()._leave(loan)
