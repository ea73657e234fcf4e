"""Mistake: how long a connection was idle is counted from when it was opened.

Believes: a connection is as old as it is.
Rejected by: needed_connections_stay
Hint: A connection was opened an hour ago and used a second ago. For how long has it been idle?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """How long a connection was idle is counted from when it was opened."""

    def _free(self, loan):
        entry = loan.entry
        before = entry.idle_since if entry is not None else 0
        loans, loan_line = self._loans, self._line
        loans.discard(loan)
        if entry is not None:
            entry.idle_since = before
            self._idle.append(entry)
        self._serve_next()
