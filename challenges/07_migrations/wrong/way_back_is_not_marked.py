"""Mistake: a way back outside a transaction is not marked.

Believes: only the way forward can be left half done.
Rejected by: unfinished_rollback_is_dirty
Hint: A down script fails after its first statement, with no transaction around it. Is the migration still
    applied?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def roll_back(self, migration):
        records = self.history()
        recorded = records.get(migration.version)
        if recorded is None or recorded.transactional:
            return super().roll_back(migration)
        with self.database.migrating() as connection:
            self.removable(migration, records)
            self.run(connection, recorded, recorded.down_sql)
            with self.database.transaction(connection):
                self.remove(connection, recorded.version)
        return True
