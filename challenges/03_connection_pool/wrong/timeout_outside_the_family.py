"""Mistake: PoolTimeout is no PoolError.

Believes: an error's own name is enough.
Rejected by: waiting_ends_with_pool_timeout
Hint: Callers write `except PoolError` to catch whatever goes wrong with the pool. Does that catch your
    timeout?
"""

from sound import parts
from sound.parts import PoolClosed, PoolError, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """PoolTimeout is no PoolError."""

    def _leave(self, loan):
        try:
            super()._leave(loan)
        except parts.PoolTimeout:
            raise PoolTimeout from None


class PoolTimeout(Exception):
    """No connection became free in time."""
