"""Mistake: the argument `reset` is ignored.

Believes: the driver's reset() is the best there is.
Rejected by: reset_is_called_on_return, failed_reset_means_broken
Hint: Your constructor takes a `reset`. Is it the one that is called when a connection comes back?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """The argument `reset` is ignored."""

    def __init__(self, *args, reset=None, **options):
        super().__init__(*args, **options)
