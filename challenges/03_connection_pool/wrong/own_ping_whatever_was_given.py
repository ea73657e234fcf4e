"""Mistake: the argument `check` is ignored.

Believes: SELECT 1 is the best check there is.
Rejected by: check_decides_whether_a_connection_lives
Hint: Your constructor takes a `check`. Is it the one that is called before a connection is lent?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """The argument `check` is ignored."""

    def __init__(self, *args, check=None, **options):
        super().__init__(*args, **options)
