"""Mistake: rollback_to rolls back the version it was given as well.

Believes: the version names the first one to go.
Rejected by: rollback_to_goes_back_in_order, rollback_needs_no_source, rollback_to_looks_before_it_runs,
    postgres_is_migrated_as_well
Hint: After rollback_to(9), is version 9 applied or not? Read the sentence in the spec once more.
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def above(self, version, records):
        return super().above(version - 1, records)
