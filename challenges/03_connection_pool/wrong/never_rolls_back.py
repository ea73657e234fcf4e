"""Mistake: after an error the connection goes back with its transaction still open.

Believes: what was not committed is gone.
Rejected by: error_rolls_back, failed_query_leaves_the_pool_usable, broken_connection_is_not_lent_again,
    session_is_wiped, autocommit_is_off_again, reset_is_called_on_return, failed_reset_means_broken,
    interrupts_roll_back
Hint: The transaction of the failed block is still open when its connection is lent again. Who ends it then,
    and how?

The open transaction goes to the next borrower, whose commit keeps the half of a failed one.
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """After an error the connection goes back with its transaction still open."""

    def _clean(self, entry):
        return not entry.connection.closed and not self._too_old(entry)

    def _try_out(self, connection):
        if connection.get_transaction_status() == 0:
            super()._try_out(connection)
