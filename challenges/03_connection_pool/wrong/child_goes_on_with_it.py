"""Mistake: after a fork, the child goes on with the parent's connections.

Believes: a fork copies everything, so the child has connections of its own.
Rejected by: child_leaves_parents_connections_alone, child_can_use_the_pool
Hint: A fork copies your objects. Does it also copy the other end of a socket, the server?
"""

import os

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """After a fork, the child goes on with the parent's connections."""

    def _forget_parent(self):
        self._pid = os.getpid()

    def _is_mine(self, loan):
        return True
