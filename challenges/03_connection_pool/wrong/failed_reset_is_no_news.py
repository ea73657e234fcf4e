"""Mistake: a connection is lent again although its reset has failed.

Believes: the next borrower will hardly notice.
Rejected by: failed_reset_means_broken
Hint: The reset raised an error. What is left in the session, and who finds it?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """A connection is lent again although its reset has failed."""

    def _clean(self, entry):
        try:
            entry.connection.rollback()
        except Exception:
            return False
        try:
            self._reset(entry.connection)
        except Exception:
            pass
        return not self._too_old(entry)
