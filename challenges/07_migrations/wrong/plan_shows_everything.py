"""Mistake: plan returns all migrations that were given, applied ones too.

Believes: a plan is the whole list.
Rejected by: plan_tells_what_apply_all_does
Hint: Somebody reads the plan to see what will happen. Will an applied migration happen?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def plan(self, migrations, *, target=None):
        given = list(migrations)
        super().plan(given, target=target)
        return self.up_to(target, self.in_order(given))
