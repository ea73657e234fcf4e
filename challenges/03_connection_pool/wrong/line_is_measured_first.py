"""Mistake: the length of the line is looked at before the lock is taken.

Believes: nothing happens between two lines that follow each other.
Rejected by: last_place_in_line_goes_to_one
Hint: Two callers want the last place in the line at the same moment. Can both see it free?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """The length of the line is looked at before the lock is taken."""

    def _get_place(self, loan, timeout):
        if 0 < self._max_waiting <= len(self._line) and not self._has_room():
            raise TooManyRequests
        super()._get_place(loan, timeout)

    def _join(self, loan):
        self._line.append(loan)
