"""Mistake: who waits looks for a connection once a second.

Believes: a second is soon enough.
Rejected by: waiting_ends_with_pool_timeout, timeout_of_a_call_goes_first, returned_connection_ends_the_wait
Hint: If a connection comes back right after a look, how long does the caller wait for nothing? Something
    should wake it.
"""

import time

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Who waits looks for a connection once a second."""

    def _wait(self, loan, timeout):
        deadline = time.monotonic() + timeout
        while not loan.arrived.is_set() and time.monotonic() < deadline:
            time.sleep(1)
