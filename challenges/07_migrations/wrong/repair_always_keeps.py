"""Mistake: repair only takes the mark away.

Believes: whoever repairs finishes what was begun.
Rejected by: repair_settles_a_dirty_step, postgres_builds_indexes_concurrently
Hint: Somebody has undone the half migration by hand and calls repair(2, applied=False). What should the history
    say?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def repair(self, version, *, applied):
        super().repair(version, applied=True)
