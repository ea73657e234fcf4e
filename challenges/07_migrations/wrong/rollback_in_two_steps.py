"""Mistake: the down script is committed before the record is removed.

Believes: what is undone stays undone, and one row more or less can be seen to later.
Rejected by: failed_rollback_changes_nothing
Hint: The down script has run and is committed. Now the row cannot be removed. What does the history claim?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def roll_back(self, migration):
        with self.database.migrating() as connection:
            with self.database.transaction(connection):
                records = self.read(connection)
                recorded = records.get(migration.version)
                if recorded is not None and recorded.transactional:
                    self.removable(migration, records)
                    self.run(connection, recorded, recorded.down_sql)
            if recorded is not None and recorded.transactional:
                with self.database.transaction(connection):
                    self.remove(connection, migration.version)
                return True
        return super().roll_back(migration)
