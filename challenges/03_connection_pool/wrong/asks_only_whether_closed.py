"""Mistake: instead of trying a connection out, its attribute `closed` is read.

Believes: psycopg2 knows whether the server is still there.
Rejected by: dead_idle_connections_are_replaced
Hint: `closed` tells whether your side closed the connection. How would it learn that the server has gone?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Instead of trying a connection out, its attribute `closed` is read."""

    def _try_out(self, connection):
        self._own_check(connection)
        connection.rollback()

    def __init__(self, *args, check=None, **options):
        self._own_check = check or self._look
        super().__init__(*args, check=check, **options)

    def _look(self, connection):
        if connection.closed:
            raise PoolError("closed")
