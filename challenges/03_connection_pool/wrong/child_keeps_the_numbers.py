"""Mistake: after a fork, the child goes on with the parent's numbers.

Believes: numbers do no harm.
Rejected by: child_can_use_the_pool
Hint: The child has opened one connection. What does its get_stats() say?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """After a fork, the child goes on with the parent's numbers."""

    def _forget_parent(self):
        counts = self._counts
        super()._forget_parent()
        self._counts = counts
