"""Mistake: a thread that asks twice gets the same connection twice.

Believes: a thread can only do one thing at a time, so one connection is enough for it.
Rejected by: two_blocks_never_share_a_connection, never_more_than_max_connections,
    stats_count_connections_and_loans, timeout_is_no_loan, waiting_ends_with_pool_timeout,
    timeout_of_a_call_goes_first, timeout_of_zero_does_not_wait, returned_connection_ends_the_wait,
    who_timed_out_has_taken_nothing, connection_comes_back_once, lifetimes_differ, needed_connections_stay,
    child_can_use_the_pool
Hint: What becomes of the outer block's transaction when a block inside it, with the same connection, ends?

The inner block's statements become part of the outer block's transaction.
"""

import threading
from contextlib import contextmanager

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """A thread that asks twice gets the same connection twice."""

    def __init__(self, *args, **options):
        self._mine = threading.local()
        super().__init__(*args, **options)

    @contextmanager
    def get_connection(self, timeout=None):
        if getattr(self._mine, "connection", None) is not None:
            yield self._mine.connection
            return
        with super().get_connection(timeout) as connection:
            self._mine.connection = connection
            try:
                yield connection
            finally:
                self._mine.connection = None
