"""Mistake: connections that are closed because they are broken are missing in `closed`.

Believes: `closed` counts what was closed on purpose.
Rejected by: opened_minus_closed_is_the_size
Hint: There are several reasons for which your pool closes a connection. Which of them change the count?
"""

from contextlib import suppress

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Connections that are closed because they are broken are missing in `closed`."""

    def _discard(self, loan):
        entry, loan.entry = loan.entry, None
        if entry is not None:
            with suppress(Exception):
                entry.connection.close()
