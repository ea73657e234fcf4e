"""Mistake: the script is committed before its record is written.

Believes: writing one row to the history cannot fail.
Rejected by: migration_without_its_record_is_undone
Hint: The disk is full after the script's COMMIT and before the record. What does the next start do?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def apply(self, migration):
        if not migration.transactional:
            return super().apply(migration)
        with self.database.migrating() as connection:
            with self.database.transaction(connection):
                if not self.pending([migration], self.read(connection)):
                    return False
                self.run(connection, migration, migration.up_sql)
            with self.database.transaction(connection):
                self.add(connection, migration)
        return True
