"""Mistake: the block's error is dealt with by a rollback and goes no further.

Believes: an error that was handled need not trouble the caller.
Rejected by: error_reaches_the_caller_unchanged, failed_query_leaves_the_pool_usable, blocks_error_survives
Hint: After your rollback, how does the caller learn that its block has failed?
"""

from contextlib import contextmanager

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """The block's error is dealt with by a rollback and goes no further."""

    @contextmanager
    def get_connection(self, timeout=None):
        loan = self._borrow(self._patience(timeout))
        try:
            yield loan.entry.connection
        except BaseException:
            return self._come_back(loan)
        try:
            self._commit(loan)
        finally:
            self._come_back(loan)

    def execute_query(self, query, params=None):
        with self.get_connection() as connection, connection.cursor() as cursor:
            cursor.execute(query, params)
            return [] if cursor.description is None else cursor.fetchall()
