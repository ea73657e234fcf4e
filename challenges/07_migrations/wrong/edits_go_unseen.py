"""Mistake: an applied migration is not compared with what is passed.

Believes: an applied migration is done with.
Rejected by: edited_migration_is_refused, apply_all_looks_before_it_runs, copied_checksum_hides_no_edit,
    plan_raises_what_apply_all_would, validate_finds_what_is_wrong, stamping_records_without_running,
    postgres_is_migrated_as_well
Hint: A colleague corrects a migration that is applied on the live server. How would your tool notice?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def require_unchanged(self, migration, recorded):
        pass

    def known(self, new, records):
        for recorded in records.values():
            if recorded.name == new.name:
                super().require_unchanged(new, recorded)
                return recorded
        return None
