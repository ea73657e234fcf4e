"""Mistake: who is woken up for nothing waits the whole timeout once more.

Believes: the timeout belongs to each wait().
Rejected by: being_woken_does_not_restart_the_timeout
Hint: A caller with 5 seconds is woken after 3 and has to wait on. How long may that second wait take?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Who is woken up for nothing waits the whole timeout once more."""

    def _serve_next(self):
        super()._serve_next()
        for loan in self._line:
            loan.arrived.set()

    def _wait(self, loan, timeout):
        while loan.arrived.wait(max(0, timeout)):
            with self._lock:
                if loan in self._loans or self._closed:
                    return
                loan.arrived.clear()
