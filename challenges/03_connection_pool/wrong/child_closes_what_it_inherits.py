"""Mistake: after a fork, the child closes the parent's connections.

Believes: what the child does not need, it closes.
Rejected by: child_leaves_parents_connections_alone
Hint: Closing says goodbye to the server, over a socket that two processes share. Whose session ends?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """After a fork, the child closes the parent's connections."""

    def _forget_parent(self):
        inherited = list(self._idle)
        super()._forget_parent()
        for entry in inherited:
            entry.connection.close()
