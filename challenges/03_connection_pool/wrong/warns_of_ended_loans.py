"""Mistake: loans are reported although they ended long ago.

Believes: a note about a loan is of use afterwards, too.
Rejected by: long_loans_are_reported_once, ended_loans_are_not_reported
Hint: A connection comes back. What becomes of the note about who borrowed it, and when?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Loans are reported although they ended long ago."""

    def _begin(self):
        super()._begin()
        self._notes = []

    def _fill(self, loan, deadline):
        super()._fill(loan, deadline)
        self._notes.append(loan)

    def _report_leaks(self):
        loans, self._loans = self._loans, set(self._notes)
        try:
            super()._report_leaks()
        finally:
            self._loans = loans
