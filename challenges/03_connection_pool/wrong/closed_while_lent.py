"""Mistake: connections that are too old are closed even while they are lent.

Believes: who is too old has to go, now.
Rejected by: nothing_is_closed_while_lent
Hint: Housekeeping finds a connection that is too old, in the hands of a borrower. What happens to the
    transaction in it?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Connections that are too old are closed even while they are lent."""

    def _tidy(self):
        super()._tidy()
        with self._lock:
            lent = [loan.entry for loan in self._loans if loan.entry is not None]
        for entry in lent:
            if self._too_old(entry):
                entry.connection.close()
