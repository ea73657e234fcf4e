"""Mistake: rollback_to finds out on its way that one of the migrations has no way back.

Believes: whatever can be rolled back should be.
Rejected by: rollback_to_looks_before_it_runs
Hint: Four migrations are to go back, and the third cannot. Do you want to know that before the first has gone, or
    after the second?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def above(self, version, records):
        self.require_clean(records)
        return [recorded for recorded in self.in_order(records.values())[::-1] if recorded.version > version]
