"""Mistake: after an error the connection is given back twice.

Believes: giving back once more does no harm.
Rejected by: connection_comes_back_once
Hint: Follow a block that raises through your `except` and your `finally`. How often does its connection come
    back?
"""

import sys

from sound.parts import Entry, PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """After an error the connection is given back twice."""

    def _come_back(self, loan):
        entry = loan.entry
        super()._come_back(loan)
        if sys.exc_info()[0] is not None and loan.entry is entry and self._is_mine(loan) and not self._closed:
            with self._lock:
                if len(self._idle) + len(self._loans) < self._max:
                    self._idle.append(Entry(entry.connection, entry.expires, entry.idle_since))
