"""Mistake: rolling back one migration removes every row of the history.

Believes: a DELETE takes what was rolled back.
Rejected by: rollback_forgets_its_own_record_only, only_the_newest_rolls_back, rollback_to_goes_back_in_order,
    rollback_to_goes_step_by_step, rollback_needs_no_source, threads_share_a_manager,
    stamping_records_without_running, repair_settles_a_dirty_step, postgres_is_migrated_as_well,
    postgres_builds_indexes_concurrently
Hint: Three migrations are applied and you roll back one. How many rows should be left, and how many does your
    DELETE leave?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def remove(self, connection, version):
        self.database.execute(connection, f"DELETE FROM {self.table}")
