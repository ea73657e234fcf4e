"""Mistake: an error of reset or close() reaches the caller.

Believes: who borrowed a connection wants to know that it could not be cleaned.
Rejected by: failed_reset_means_broken, blocks_error_survives
Hint: The block has ended, and cleaning up fails. Is that the caller's business, or the pool's?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """An error of reset or close() reaches the caller."""

    def _clean(self, entry):
        if not entry.connection.closed:
            try:
                entry.connection.rollback()
            except Exception:
                return False
            try:
                self._reset(entry.connection)
            except Exception as error:
                self._failure = error
                return False
        return super()._clean(entry)

    def _come_back(self, loan):
        self._failure = None
        super()._come_back(loan)
        if self._failure is not None:
            raise self._failure
