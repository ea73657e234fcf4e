"""Mistake: allow_out_of_order changes nothing.

Believes: out of order is always an error.
Rejected by: late_migration_is_refused, only_the_newest_rolls_back, apply_all_looks_before_it_runs
Hint: Who decides whether a late migration may run? Look at the arguments of the constructor.
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def require_in_time(self, migration, records):
        self.lenient = False
        super().require_in_time(migration, records)
