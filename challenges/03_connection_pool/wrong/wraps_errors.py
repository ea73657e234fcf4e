"""Mistake: the block's error is replaced by one of the pool's own.

Believes: callers of a pool should only ever see the pool's errors.
Rejected by: connection_is_free_again_after_an_error, connection_stays_open_after_an_error,
    closed_connections_are_not_counted, error_rolls_back, error_reaches_the_caller_unchanged,
    failed_query_leaves_the_pool_usable, broken_connection_lets_who_waits_open_one,
    closed_connection_is_not_lent_again, reset_is_called_on_return, blocks_error_survives,
    lent_connections_finish_first, opened_minus_closed_is_the_size
Hint: A caller writes `except ValueError` around its block. Does that still work with your pool?
"""

from contextlib import contextmanager

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """The block's error is replaced by one of the pool's own."""

    @contextmanager
    def get_connection(self, timeout=None):
        with super().get_connection(timeout) as connection:
            try:
                yield connection
            except Exception as error:
                raise PoolError(str(error)) from error
