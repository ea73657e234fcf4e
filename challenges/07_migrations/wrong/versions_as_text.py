"""Mistake: versions are sorted as text.

Believes: "10" comes after "9".
Rejected by: versions_are_numbers, apply_all_goes_by_version, rollback_to_goes_back_in_order,
    plan_tells_what_apply_all_does, target_is_the_last_to_run, status_tells_where_each_stands,
    stamping_records_without_running, postgres_is_migrated_as_well
Hint: Sort the texts "9" and "10". Which one comes first?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def in_order(self, migrations):
        return sorted(migrations, key=lambda found: str(found.version))
