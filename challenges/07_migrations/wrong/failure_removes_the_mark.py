"""Mistake: a step outside a transaction that fails is removed from the history again.

Believes: what failed is not applied.
Rejected by: unfinished_step_is_dirty, repair_settles_a_dirty_step, postgres_builds_indexes_concurrently
Hint: Its first statement ran and its second failed, with no transaction around them. What is the database now:
    before or after?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def apply(self, migration):
        try:
            return super().apply(migration)
        except DirtyDatabase:
            raise
        except MigrationError:
            if not migration.transactional:
                with self.database.migrating() as connection, self.database.transaction(connection):
                    self.remove(connection, migration.version)
            raise
