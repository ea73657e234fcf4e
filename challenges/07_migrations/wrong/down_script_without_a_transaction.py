"""Mistake: the statements of a down script are committed one by one.

Believes: only the way forward needs a transaction.
Rejected by: failed_rollback_changes_nothing, rollback_to_goes_step_by_step, orphans_are_refused
Hint: The second statement of a down script fails. What became of the first?
"""

import sqlite3

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def roll_back(self, migration):
        records = self.history()
        recorded = records.get(migration.version)
        if recorded is None or not recorded.transactional or self.database.errors is not sqlite3.Error:
            return super().roll_back(migration)
        with self.database.migrating() as connection:
            with self.database.transaction(connection):
                self.removable(migration, self.read(connection))
            for self.database.statement in self.database.statements(recorded.down_sql):
                with self.database.explained(str(recorded)):
                    connection.execute(self.database.statement)
            with self.database.transaction(connection):
                self.database.look_for_orphans(connection)
                self.remove(connection, migration.version)
        return True
