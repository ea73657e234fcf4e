"""Mistake: a block that Ctrl-C has ended is committed.

Believes: what is no Exception is no error.
Rejected by: interrupts_roll_back
Hint: A block was ended by KeyboardInterrupt in the middle of its work. Should the first half be saved?
"""

from contextlib import contextmanager

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """A block that Ctrl-C has ended is committed."""

    @contextmanager
    def get_connection(self, timeout=None):
        loan = self._borrow(self._patience(timeout))
        failed = False
        try:
            yield loan.entry.connection
        except Exception:
            failed = True
            raise
        finally:
            try:
                if not failed:
                    self._commit(loan)
            finally:
                self._come_back(loan)
