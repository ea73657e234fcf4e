"""Mistake: get_applied_migrations lists a dirty migration.

Believes: its row is in the history.
Rejected by: unfinished_step_is_dirty, unfinished_rollback_is_dirty, killed_step_is_dirty,
    postgres_builds_indexes_concurrently
Hint: A migration began and did not finish. Can the program rely on what it was going to make?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def get_applied_migrations(self):
        return list(self.history().values())
