"""Mistake: the end of `with DatabasePool(...)` does not close the pool.

Believes: the pool may still be needed.
Rejected by: with_block_closes_the_pool
Hint: What does a reader of `with DatabasePool(...) as pool:` expect at the end of the block?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """The end of `with DatabasePool(...)` does not close the pool."""

    def __exit__(self, *_):
        pass
