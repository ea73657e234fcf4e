"""Mistake: the next version is the highest applied one plus one, even if that was given out already.

Believes: the history always knows which number comes next.
Rejected by: each_new_migration_has_a_higher_version, history_is_a_table_in_the_database,
    rollback_of_an_unapplied_migration_runs_nothing, rollback_forgets_its_own_record_only,
    failed_migration_is_loud_and_not_recorded, apply_all_goes_by_version, apply_all_stops_at_the_first_failure,
    threads_share_a_manager, threads_get_different_versions
Hint: Create two migrations, apply neither, and print their versions. What does the history know of the first one?

Two migrations created before either is applied get the same number. The second one then counts as applied.
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def next_version(self, records):
        return max(records, default=0) + 1
