"""Mistake: a loan that is too long is reported again and again.

Believes: a warning can be overlooked.
Rejected by: long_loans_are_reported_once
Hint: A loan lasts an hour, and the pool is called a thousand times meanwhile. How many warnings are in the
    log?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """A loan that is too long is reported again and again."""

    def _report_leaks(self):
        super()._report_leaks()
        with self._lock:
            for loan in self._loans:
                loan.reported = False
