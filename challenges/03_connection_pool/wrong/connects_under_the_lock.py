"""Mistake: connections are opened while the lock is held.

Believes: whoever changes the pool needs the lock, and opening a connection changes it.
Rejected by: slow_connect_holds_up_nobody, one_being_opened_is_in_use
Hint: How long does connect() take, and who needs the lock during that time?
"""

import threading

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Connections are opened while the lock is held."""

    def _open(self):
        with self._opening:
            return super()._open()

    def _begin(self):
        super()._begin()
        self._opening = threading.RLock()

    def get_stats(self):
        with self._opening:
            return super().get_stats()
