"""Mistake: the block's writes are committed, however it ended.

Believes: commit() belongs to giving the connection back, so it belongs into `finally`.
Rejected by: error_rolls_back, closed_connection_is_not_lent_again, blocks_error_survives,
    interrupts_roll_back, lent_connections_finish_first
Hint: A `finally` runs after a good end and after an error. Should both end with the same call?
"""

from contextlib import contextmanager

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """The block's writes are committed, however it ended."""

    @contextmanager
    def get_connection(self, timeout=None):
        loan = self._borrow(self._patience(timeout))
        try:
            yield loan.entry.connection
        finally:
            try:
                self._commit(loan)
            finally:
                self._come_back(loan)
