"""Mistake: the down script runs even if the migration is not applied.

Believes: whoever rolls back knows that it was applied.
Rejected by: rollback_of_an_unapplied_migration_runs_nothing
Hint: Somebody rolls back a migration that was never applied, and its script says DROP TABLE. What should happen?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def roll_back(self, migration):
        if super().roll_back(migration):
            return True
        with self.database.migrating() as connection, self.database.transaction(connection):
            self.run(connection, migration, migration.down_sql)
        return False
