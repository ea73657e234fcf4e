"""Mistake: the reset comes before the rollback.

Believes: the order of the two does not matter.
Rejected by: reset_is_called_on_return, failed_reset_means_broken
Hint: In which state is a connection when its block has raised? DISCARD ALL refuses to work in that state.
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """The reset comes before the rollback."""

    def _clean(self, entry):
        try:
            self._reset(entry.connection)
        except Exception:
            return False
        reset, self._reset = self._reset, lambda connection: None
        try:
            return super()._clean(entry)
        finally:
            self._reset = reset
