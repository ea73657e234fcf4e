"""Mistake: a connection whose check failed is dropped, but not closed.

Believes: what is dead needs no closing.
Rejected by: check_decides_whether_a_connection_lives, opened_minus_closed_is_the_size
Hint: The check failed, and the pool forgets the connection. Who gives its socket back?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """A connection whose check failed is dropped, but not closed."""

    def _fill(self, loan, deadline):
        while loan.entry is not None and not self._lives(loan.entry):
            if self._too_old(loan.entry):
                self._discard(loan)
            else:
                with self._lock:
                    self._counts["closed"] += 1
                loan.entry = None
            self._next_idle(loan, deadline)
        super()._fill(loan, deadline)
