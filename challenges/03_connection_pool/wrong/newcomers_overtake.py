"""Mistake: a connection that came back lies there for whoever comes by first.

Believes: who waits is woken up, and so gets it.
Rejected by: first_come_first_served
Hint: A waiting thread was woken, but does not run yet. A new caller comes along. Who gets the connection?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """A connection that came back lies there for whoever comes by first."""

    def _serve_next(self):
        if self._line:
            self._line[0].arrived.set()
        self._changed.notify_all()

    def _wait(self, loan, timeout):
        deadline = self._clock() + timeout
        while True:
            loan.arrived.wait(max(0, deadline - self._clock()))
            with self._lock:
                loan.arrived.clear()
                if loan in self._line and self._has_room() and not self._closed:
                    self._line.remove(loan)
                    return self._grant(loan)
                if self._closed or self._clock() >= deadline:
                    return None
