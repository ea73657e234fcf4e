"""Mistake: a check that fails ends the call instead of the connection.

Believes: who asked for a connection wants to know that it was dead.
Rejected by: dead_idle_connections_are_replaced, check_decides_whether_a_connection_lives
Hint: One idle connection is dead, and the next one lives. What does the caller have to hear of the first?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """A check that fails ends the call instead of the connection."""

    def _lives(self, entry):
        if self._too_old(entry):
            return False
        self._try_out(entry.connection)
        return True
