"""Mistake: a failed migration is undone by its down script, not by the transaction.

Believes: the down script takes back whatever the up script did.
Rejected by: killed_migration_leaves_nothing, migration_without_its_record_is_undone, lock_goes_with_its_process,
    threads_share_a_manager, orphans_are_refused, migrators_start_together
Hint: The process is killed in the middle of the script. Who runs the down script then?
"""

import contextlib
import sqlite3

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def apply(self, migration):
        if not migration.transactional or self.database.errors is not sqlite3.Error:
            return super().apply(migration)
        with self.database.migrating() as connection:
            with self.database.transaction(connection):
                if not self.pending([migration], self.read(connection)):
                    return False
            try:
                self.run_by_steps(connection, migration)
                with self.database.transaction(connection):
                    self.database.look_for_orphans(connection)
                    self.add(connection, migration)
            except MigrationError:
                with contextlib.suppress(sqlite3.Error):
                    for statement in self.database.statements(migration.down_sql):
                        connection.execute(statement)
                raise
        return True

    def run_by_steps(self, connection, migration):
        connection.set_authorizer(self.database.guard)
        try:
            with self.database.explained(str(migration) + f" {migration.version}"):
                for self.database.statement in self.database.statements(migration.up_sql):
                    connection.execute(self.database.statement)
        finally:
            connection.set_authorizer(None)
