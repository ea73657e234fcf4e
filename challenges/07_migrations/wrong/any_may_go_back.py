"""Mistake: any applied migration can be rolled back.

Believes: a down script undoes its own up script, whatever else is there.
Rejected by: only_the_newest_rolls_back
Hint: Version 2 added a column to the table of version 1. What happens if 1 is rolled back alone?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def removable(self, migration, records):
        self.require_clean(records)
        return super().removable(migration, {migration.version: records[migration.version]})
