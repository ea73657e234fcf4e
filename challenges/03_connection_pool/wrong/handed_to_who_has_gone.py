"""Mistake: whoever has stopped waiting raises PoolTimeout without looking whether something came.

Believes: wait() has returned False, so nothing is there.
Rejected by: connection_is_not_lost_to_who_gives_up
Hint: Between the end of a wait and the next line of your code, another thread may hand something over. Who
    looks?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Whoever has stopped waiting raises PoolTimeout without looking whether something came."""

    def _get_place(self, loan, timeout):
        with self._lock:
            self._require_open()
            if self._has_room():
                return self._grant(loan)
            self._join(loan)
        if loan.arrived.wait(max(0, timeout)):
            with self._lock:
                if loan not in self._loans:
                    self._require_open()
            return None
        with self._lock:
            if loan in self._line:
                self._leave(loan)
            self._wait_seconds += self._clock() - loan.since
            self._require_open()
            self._counts["timeouts"] += 1
            raise PoolTimeout
