"""Mistake: an applied migration is run again.

Believes: scripts are written so that running them twice does no harm.
Rejected by: applying_twice_runs_once, recorded_migration_keeps_its_version,
    migration_built_by_hand_is_like_any_other, applied_migration_is_never_too_late, line_ends_do_not_count,
    threads_share_a_manager, step_may_run_outside_a_transaction, postgres_is_migrated_as_well,
    postgres_first_table_is_made_once, postgres_migrators_take_turns, migrators_start_together,
    processes_migrate_together
Hint: A script inserts a row. How many rows are there after the program has started five times?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def apply(self, migration):
        if super().apply(migration):
            return True
        with self.database.migrating() as connection, self.database.transaction(connection):
            self.run(connection, migration, migration.up_sql)
        return False
