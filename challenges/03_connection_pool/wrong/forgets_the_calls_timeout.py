"""Mistake: the timeout given to get_connection() is ignored.

Believes: how long to wait was settled when the pool was made.
Rejected by: timeout_of_a_call_goes_first, timeout_of_zero_does_not_wait,
    being_woken_does_not_restart_the_timeout, dead_connections_do_not_outlast_the_timeout,
    connection_is_not_lost_to_who_gives_up, full_line_turns_away, all_numbers_are_told
Hint: There are two timeouts, the pool's and the call's. Which one does your wait use when both are there?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """The timeout given to get_connection() is ignored."""

    def _patience(self, timeout):
        return self._timeout
