"""Mistake: a step outside a transaction is written down when it has ended, well or badly.

Believes: every script comes to its end.
Rejected by: killed_step_is_dirty
Hint: The process is killed while the script runs. What does the next start find in the history?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def apply(self, migration):
        if migration.transactional:
            return super().apply(migration)
        with self.database.migrating() as connection:
            if not self.pending([migration], self.read(connection)):
                return False
            ended = False
            try:
                self.run(connection, migration, migration.up_sql)
                ended = True
            finally:
                with self.database.transaction(connection):
                    self.add(connection, migration, dirty=not ended)
        return True
