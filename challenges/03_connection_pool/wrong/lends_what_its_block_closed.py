"""Mistake: a connection that its block has closed is put back.

Believes: nobody but the pool closes connections.
Rejected by: closed_connection_is_not_lent_again, opened_minus_closed_is_the_size
Hint: A block can call close() on what you lent it. What do you put back then?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """A connection that its block has closed is put back."""

    def _clean(self, entry):
        return bool(entry.connection.closed) or super()._clean(entry)

    def _try_out(self, connection):
        self._check(connection)
        if connection.get_transaction_status() in (1, 2, 3):
            connection.rollback()
