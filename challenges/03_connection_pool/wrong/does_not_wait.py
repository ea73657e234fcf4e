"""Mistake: a caller who finds all connections lent is turned away at once.

Believes: if there is no connection now, there is nothing to be done about it.
Rejected by: waiting_ends_with_pool_timeout, returned_connection_ends_the_wait,
    failed_connect_lets_who_waits_try, first_come_first_served, being_woken_does_not_restart_the_timeout,
    broken_connection_lets_who_waits_open_one, close_ends_the_wait, full_line_turns_away,
    last_place_in_line_goes_to_one, all_numbers_are_told
Hint: A connection may come back in a moment. What could this caller do until then, and for how long?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """A caller who finds all connections lent is turned away at once."""

    def _wait(self, loan, timeout):
        pass
