"""Mistake: only an Exception gives the connection back.

Believes: every error is an Exception.
Rejected by: interrupts_roll_back
Hint: What is Ctrl-C in Python, and which `except` sees it?
"""

from contextlib import contextmanager

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Only an Exception gives the connection back."""

    @contextmanager
    def get_connection(self, timeout=None):
        loan = self._borrow(self._patience(timeout))
        try:
            yield loan.entry.connection
            self._commit(loan)
        except Exception:
            self._come_back(loan)
            raise
        else:
            self._come_back(loan)
