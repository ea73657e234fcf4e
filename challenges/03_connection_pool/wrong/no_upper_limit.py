"""Mistake: a new connection is opened whenever none is idle.

Believes: max_connections says how many to keep, and callers must not wait.
Rejected by: never_more_than_max_connections, timeout_is_no_loan, waiting_ends_with_pool_timeout,
    timeout_of_a_call_goes_first, timeout_of_zero_does_not_wait, returned_connection_ends_the_wait,
    who_timed_out_has_taken_nothing, maximum_holds_while_opening, being_woken_does_not_restart_the_timeout,
    close_ends_the_wait, full_line_turns_away, line_has_no_end_by_default, last_place_in_line_goes_to_one,
    all_numbers_are_told, no_count_is_lost
Hint: What does your pool do when max_connections are lent and one more caller comes?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """A new connection is opened whenever none is idle."""

    def _has_room(self):
        return True
