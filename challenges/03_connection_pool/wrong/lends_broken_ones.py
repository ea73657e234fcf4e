"""Mistake: a connection is put back although its rollback has failed.

Believes: the rollback is a courtesy, and whether it works does not matter.
Rejected by: broken_connection_is_not_lent_again
Hint: The rollback raised an error. What does that tell you about the connection?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """A connection is put back although its rollback has failed."""

    def _clean(self, entry):
        if entry.connection.closed:
            return False
        try:
            entry.connection.rollback()
        except Exception:
            return True
        return super()._clean(entry)

    def _try_out(self, connection):
        self._check(connection)
        if connection.get_transaction_status() in (1, 2, 3):
            connection.rollback()
