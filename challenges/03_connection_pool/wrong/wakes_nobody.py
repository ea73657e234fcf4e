"""Mistake: who waits is not told that a connection has come back.

Believes: a waiting thread notices by itself that the list has changed.
Rejected by: returned_connection_ends_the_wait, failed_connect_lets_who_waits_try, first_come_first_served,
    being_woken_does_not_restart_the_timeout, connection_is_not_lost_to_who_gives_up,
    broken_connection_lets_who_waits_open_one, all_numbers_are_told
Hint: Your waiting thread sleeps. Which line of the thread that brings a connection back wakes it up?

Nothing is wrong with the answer; it only comes when the wait is over, a minute late.
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Who waits is not told that a connection has come back."""

    def _serve_next(self):
        self._changed.notify_all()

    def _wait(self, loan, timeout):
        super()._wait(loan, timeout)
        with self._lock:
            if loan in self._line and self._has_room():
                self._line.remove(loan)
                self._grant(loan)
