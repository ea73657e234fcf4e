"""Mistake: a connection whose block raised is closed.

Believes: after an error nobody knows what is left in the connection.
Rejected by: connection_stays_open_after_an_error
Hint: After a rollback a connection is as good as before. Is there a reason to open a new one only because a
    block raised?
"""

from contextlib import contextmanager, suppress

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """A connection whose block raised is closed."""

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
                self._end(loan, keep=False)
            raise
        self._come_back(loan)
