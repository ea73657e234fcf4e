"""Mistake: idle connections are tried out one after another without a look at the clock.

Believes: a check takes no time worth speaking of.
Rejected by: dead_connections_do_not_outlast_the_timeout
Hint: Twenty idle connections are dead, and each check takes a second. When does a caller with a timeout of 3
    hear of it?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Idle connections are tried out one after another without a look at the clock."""

    def _next_idle(self, loan, deadline):
        super()._next_idle(loan, float("inf"))
