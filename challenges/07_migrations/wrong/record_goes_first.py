"""Mistake: the record is written, or removed, before the script has run.

Believes: the script will work.
Rejected by: failed_migration_is_loud_and_not_recorded, failed_rollback_is_loud,
    apply_all_stops_at_the_first_failure, failed_migration_changes_nothing, failed_rollback_changes_nothing,
    script_must_not_end_its_transaction, rollback_to_goes_step_by_step, killed_migration_leaves_nothing,
    lock_goes_with_its_process, no_file_stays_open, orphans_are_refused, postgres_runs_all_or_nothing
Hint: The script fails, or the power does. What does the history say about this migration then?
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
                self.add(connection, migration)
            with self.database.transaction(connection):
                self.run(connection, migration, migration.up_sql)
        return True

    def roll_back(self, migration):
        with self.database.migrating() as connection:
            with self.database.transaction(connection):
                records = self.read(connection)
                recorded = records.get(migration.version)
                if recorded is not None and recorded.transactional:
                    self.removable(migration, records)
                    self.remove(connection, migration.version)
            if recorded is not None and recorded.transactional:
                with self.database.transaction(connection):
                    self.run(connection, recorded, recorded.down_sql)
                return True
        return super().roll_back(migration)
