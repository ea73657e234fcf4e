"""Mistake: an error of the rollback takes the place of the block's own.

Believes: rollback() does not raise.
Rejected by: blocks_error_survives
Hint: The connection is gone, the block raises because of it, and then rollback() raises too. Which error is
    of use to the caller?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """An error of the rollback takes the place of the block's own."""

    def _come_back(self, loan):
        if not self._is_mine(loan):
            return
        clean = False
        try:
            if not loan.entry.connection.closed:
                loan.entry.connection.rollback()
            clean = self._clean(loan.entry)
        finally:
            self._end(loan, keep=clean)
