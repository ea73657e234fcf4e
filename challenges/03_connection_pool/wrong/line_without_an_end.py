"""Mistake: max_waiting is not looked at.

Believes: whoever waits has a timeout.
Rejected by: full_line_turns_away, last_place_in_line_goes_to_one
Hint: A thousand callers wait already. What could you tell the next one, and when?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Max_waiting is not looked at."""

    def _join(self, loan):
        self._line.append(loan)
