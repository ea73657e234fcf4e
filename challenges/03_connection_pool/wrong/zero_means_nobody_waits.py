"""Mistake: max_waiting=0 is taken for: nobody may wait.

Believes: zero callers are no callers.
Rejected by: line_has_no_end_by_default
Hint: What does the spec say about a max_waiting of 0, which is also its default?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Max_waiting=0 is taken for: nobody may wait."""

    def _join(self, loan):
        if self._given_as_zero or len(self._line) >= self._max_waiting > 0:
            raise TooManyRequests
        self._line.append(loan)

    def __init__(self, *args, max_waiting=None, **options):
        self._given_as_zero = max_waiting == 0
        super().__init__(*args, max_waiting=max_waiting or 0, **options)
