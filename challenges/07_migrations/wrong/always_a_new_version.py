"""Mistake: every call of create_migration makes a new migration.

Believes: a program creates each of its migrations once. (It creates them again at every start.)
Rejected by: recorded_migration_keeps_its_version, line_ends_do_not_count
Hint: Your program starts a second time and creates the same migrations again. How can create_migration find out
    that it has met them before?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def known(self, new, records):
        super().known(new, records)
        return None
