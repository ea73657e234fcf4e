"""Mistake: after the check, the transaction it began is still open.

Believes: a SELECT changes nothing, so there is nothing to end.
Rejected by: check_leaves_no_transaction
Hint: psycopg2 begins a transaction with the first statement. Which one is the first on a connection you tried
    out?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """After the check, the transaction it began is still open."""

    def _try_out(self, connection):
        self._check(connection)
