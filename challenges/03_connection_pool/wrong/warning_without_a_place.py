"""Mistake: the warning about a long loan does not say who borrowed.

Believes: that there is a leak is what matters.
Rejected by: long_loans_are_reported_once
Hint: You read the warning in the log at night. Which function will you look at first?
"""

import traceback

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """The warning about a long loan does not say who borrowed."""

    def _borrow(self, timeout):
        loan = super()._borrow(timeout)
        if loan.stack is not None:
            loan.stack = traceback.StackSummary()
        return loan
