"""Mistake: a connection whose commit fails does not come back.

Believes: only the block can fail.
Rejected by: connection_is_free_again_after_a_failed_commit, connection_comes_back_once
Hint: commit() can raise as well. Is the line that gives the connection back reached then?
"""

from contextlib import contextmanager

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """A connection whose commit fails does not come back."""

    @contextmanager
    def get_connection(self, timeout=None):
        loan = self._borrow(self._patience(timeout))
        try:
            yield loan.entry.connection
        except BaseException:
            self._come_back(loan)
            raise
        if self._is_mine(loan) and not loan.entry.connection.closed:
            self._commit(loan)
        self._come_back(loan)
