"""Mistake: two migrations may have the same name.

Believes: the version tells them apart.
Rejected by: name_is_taken_once, plan_raises_what_apply_all_would, validate_finds_what_is_wrong
Hint: Somebody copied a migration, gave the copy a new number and forgot to edit the rest. How could your tool
    notice?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def require_own_name(self, migration, names):
        pass
