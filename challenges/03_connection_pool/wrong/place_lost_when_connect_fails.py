"""Mistake: the place of a connection that could not be opened is not given back.

Believes: connect() works, or the program ends.
Rejected by: failed_connect_frees_its_place
Hint: Your pool takes a place, then connect() raises. Who gives the place back?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """The place of a connection that could not be opened is not given back."""

    def _open(self):
        try:
            return super()._open()
        except Exception:
            with self._lock:
                self._closing += 1
            raise
