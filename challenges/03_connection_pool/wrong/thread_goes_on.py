"""Mistake: the pool's own thread goes on after close().

Believes: a daemon thread ends by itself.
Rejected by: closed_pool_leaves_no_thread
Hint: Which line of your background thread learns that the pool is closed?
"""

import threading
import time

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """The pool's own thread goes on after close()."""

    def _begin(self):
        super()._begin()
        threading.Thread(target=self._look_after, daemon=True).start()

    def _look_after(self):
        while True:
            time.sleep(1000)
            self._tidy()
