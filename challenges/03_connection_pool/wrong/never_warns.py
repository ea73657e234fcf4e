"""Mistake: loans that do not end are not reported.

Believes: whoever forgets to give a connection back will notice.
Rejected by: long_loans_are_reported_once
Hint: All connections are lent, and nobody knows to whom. What would you like to find in the log?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Loans that do not end are not reported."""

    def _report_leaks(self):
        pass
