"""Mistake: after an error the connection is closed, and put back all the same.

Believes: the one who takes it next sees that it is closed.
Rejected by: connection_is_free_again_after_an_error, connection_stays_open_after_an_error,
    closed_connections_are_not_counted, error_rolls_back, connection_is_free_again_after_a_failed_commit,
    failed_query_leaves_the_pool_usable, broken_connection_lets_who_waits_open_one,
    closed_connection_is_not_lent_again, broken_connection_is_not_lent_again, reset_is_called_on_return,
    blocks_error_survives, interrupts_roll_back, connection_comes_back_once, opened_minus_closed_is_the_size
Hint: Follow a connection whose block raised: what state is it in when the next caller gets it?
"""

from contextlib import contextmanager

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """After an error the connection is closed, and put back all the same."""

    @contextmanager
    def get_connection(self, timeout=None):
        loan = self._borrow(self._patience(timeout))
        try:
            yield loan.entry.connection
            self._commit(loan)
        except BaseException:
            if self._is_mine(loan):
                loan.entry.connection.close()
                self._end(loan, keep=True)
            raise
        self._come_back(loan)

    def _lives(self, entry):
        return bool(entry.connection.closed) or super()._lives(entry)
