"""Mistake: connections closed after an error are still counted in pool_size.

Believes: what was opened once is part of the pool.
Rejected by: connection_stays_open_after_an_error, closed_connections_are_not_counted,
    opened_minus_closed_is_the_size
Hint: Every connection that your pool closes has to leave the count of open ones as well. Should it be closed
    at all?
"""

from contextlib import contextmanager, suppress

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Connections closed after an error are still counted in pool_size."""

    def __init__(self, *args, **options):
        self._ghosts = 0
        super().__init__(*args, **options)

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
                self._ghosts += 1
                self._end(loan, keep=False)
            raise
        self._come_back(loan)

    def _numbers(self):
        numbers = super()._numbers()
        numbers["pool_size"] += self._ghosts
        return numbers
