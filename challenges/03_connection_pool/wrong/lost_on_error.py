"""Mistake: the connection is only given back when the block ends well.

Believes: the last line of a function runs last.
Rejected by: connection_is_free_again_after_an_error, connection_stays_open_after_an_error, error_rolls_back,
    connection_is_free_again_after_a_failed_commit, failed_query_leaves_the_pool_usable,
    broken_connection_lets_who_waits_open_one, closed_connection_is_not_lent_again,
    broken_connection_is_not_lent_again, reset_is_called_on_return, blocks_error_survives,
    interrupts_roll_back, connection_comes_back_once, lent_connections_finish_first,
    opened_minus_closed_is_the_size
Hint: When the block raises, the error appears at your `yield`. Which of your lines after it still run?
"""

from contextlib import contextmanager, suppress

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """The connection is only given back when the block ends well."""

    @contextmanager
    def get_connection(self, timeout=None):
        loan = self._borrow(self._patience(timeout))
        try:
            yield loan.entry.connection
            self._commit(loan)
        except BaseException:
            if self._is_mine(loan):
                with suppress(Exception):
                    loan.entry.connection.rollback()
            raise
        self._come_back(loan)
