"""Mistake: autocommit that a borrower switched on stays on.

Believes: DISCARD ALL undoes everything.
Rejected by: autocommit_is_off_again
Hint: autocommit is a setting of the driver, not of the server. Who sets it back?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Autocommit that a borrower switched on stays on."""

    def __init__(self, *args, reset=None, **options):
        super().__init__(*args, reset=reset or self._discard_all, **options)

    def _discard_all(self, connection):
        before, connection.autocommit = connection.autocommit, True
        with connection.cursor() as cursor:
            cursor.execute("DISCARD ALL")
        connection.autocommit = before
