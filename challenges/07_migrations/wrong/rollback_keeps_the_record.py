"""Mistake: a rolled back migration stays in the history.

Believes: the history says what was ever applied.
Rejected by: rollback_undoes_the_migration, rollback_forgets_its_own_record_only, failed_rollback_changes_nothing,
    only_the_newest_rolls_back, rollback_to_goes_back_in_order, rollback_to_goes_step_by_step,
    rollback_needs_no_source, threads_share_a_manager, stamping_records_without_running,
    table_name_is_only_a_name, repair_settles_a_dirty_step, postgres_is_migrated_as_well,
    postgres_builds_indexes_concurrently
Hint: A migration was rolled back, and its tables are gone. What happens when somebody applies it again?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def remove(self, connection, version):
        pass
