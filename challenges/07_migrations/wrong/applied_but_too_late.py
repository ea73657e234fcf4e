"""Mistake: a migration is called too late although it is applied already.

Believes: what is below the highest version comes too late.
Rejected by: applied_migration_is_never_too_late, apply_all_goes_by_version, recorded_migration_keeps_its_version,
    target_is_the_last_to_run, stamping_records_without_running, postgres_is_migrated_as_well,
    processes_migrate_together
Hint: A program passes all its migrations at every start. Most are below the highest applied one. Are they too
    late?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def pending(self, migrations, records):
        self.require_clean(records)
        for found in self.in_order(migrations):
            if found.version in records:
                self.require_unchanged(found, records[found.version])
            self.require_in_time(found, records)
        return super().pending(migrations, records)
