"""Mistake: connections are lent without being tried out.

Believes: a connection that was open a minute ago is still open.
Rejected by: dead_idle_connections_are_replaced, check_decides_whether_a_connection_lives
Hint: The server restarts while ten connections are idle in your pool. When do you notice?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Connections are lent without being tried out."""

    def _try_out(self, connection):
        pass
