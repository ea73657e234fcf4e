"""Mistake: callers who gave up keep their place in the count of the line.

Believes: the count of waiting callers goes down when they are served.
Rejected by: full_line_turns_away, all_numbers_are_told
Hint: There are several ways to leave the line. Does your count go down in each of them?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Callers who gave up keep their place in the count of the line."""

    def _begin(self):
        super()._begin()
        self._gone = 0

    def _join(self, loan):
        if 0 < self._max_waiting <= len(self._line) + self._gone:
            raise TooManyRequests
        self._line.append(loan)

    def _leave(self, loan):
        self._gone += 1
        super()._leave(loan)

    def _numbers(self):
        return {**super()._numbers(), "waiting": len(self._line) + self._gone}
