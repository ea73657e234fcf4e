"""Mistake: a failure is printed and returned as False.

Believes: every caller looks at what is returned.
Rejected by: failed_migration_is_loud_and_not_recorded, version_tells_what_is_applied, error_says_what_failed,
    failed_rollback_is_loud, apply_all_stops_at_the_first_failure, failed_migration_changes_nothing,
    migration_without_its_record_is_undone, failed_rollback_changes_nothing, script_must_not_end_its_transaction,
    late_migration_is_refused, only_the_newest_rolls_back, rollback_to_goes_step_by_step, no_way_back_is_refused,
    edited_migration_is_refused, copied_checksum_hides_no_edit, name_is_taken_once, processes_migrate_together,
    waiting_for_the_lock_is_bounded, no_file_stays_open, stamping_records_without_running,
    unfinished_step_is_dirty, unfinished_rollback_is_dirty, killed_step_is_dirty, repair_settles_a_dirty_step,
    orphans_are_refused, postgres_is_migrated_as_well, postgres_runs_all_or_nothing,
    postgres_first_table_is_made_once, postgres_migrators_take_turns, postgres_wait_is_bounded,
    postgres_builds_indexes_concurrently
Hint: Look at the usage example of the spec. Would it notice a False?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def apply_migration(self, migration):
        try:
            return super().apply_migration(migration)
        except MigrationError as error:
            print(error)
            return False

    def rollback_migration(self, migration):
        try:
            return super().rollback_migration(migration)
        except MigrationError as error:
            print(error)
            return False

    def apply_all(self, migrations, **options):
        if options:
            return super().apply_all(migrations, **options)
        return [found.version for found in self.plan(migrations) if self.apply_migration(found)]

    def rollback_to(self, version):
        return [found.version for found in self.above(version, self.history()) if self.rollback_migration(found)]
