"""Mistake: a connection that comes back is closed.

Believes: a clean start is safest, and the limit is what a pool is for.
Rejected by: one_caller_needs_one_connection, returned_connections_stay_open,
    connection_stays_open_after_an_error, stats_count_connections_and_loans, slow_connect_holds_up_nobody,
    lifetimes_differ, needed_connections_stay, all_numbers_are_told
Hint: Where does a connection go at the end of its block? If it is closed there, the next caller pays for a
    new one.
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """A connection that comes back is closed."""

    def _clean(self, entry):
        super()._clean(entry)
        return False
