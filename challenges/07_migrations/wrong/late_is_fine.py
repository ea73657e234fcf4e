"""Mistake: a migration may come after a newer one.

Believes: each migration stands for itself.
Rejected by: late_migration_is_refused, plan_raises_what_apply_all_would, validate_finds_what_is_wrong
Hint: Version 7 was tested on a database without version 5. What do you know about 5 on top of 7?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def require_in_time(self, migration, records):
        pass
