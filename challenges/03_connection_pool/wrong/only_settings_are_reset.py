"""Mistake: the reset undoes settings, and leaves locks and temporary tables.

Believes: RESET ALL resets all.
Rejected by: session_is_wiped
Hint: A borrower can leave more in a session than settings. Which statement of PostgreSQL clears all of it?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """The reset undoes settings, and leaves locks and temporary tables."""

    def __init__(self, *args, reset=None, **options):
        super().__init__(*args, reset=reset or self._reset_all, **options)

    def _reset_all(self, connection):
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("RESET ALL")
        connection.autocommit = False
