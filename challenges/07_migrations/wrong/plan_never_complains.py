"""Mistake: plan and a dry run leave out the looks that apply_all takes.

Believes: a plan does nothing, so nothing can be wrong with it.
Rejected by: plan_raises_what_apply_all_would
Hint: A dry run says that all is well, and the real run then refuses the first migration. What was the dry run
    good for?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def apply_all(self, migrations, *, target=None, dry_run=False):
        if dry_run:
            return [found.version for found in self.plan(migrations, target=target)]
        return [found.version for found in Right.plan(self, migrations, target=target) if self.apply(found)]

    def plan(self, migrations, *, target=None):
        records = self.history()
        self.require_clean(records)
        given = {found.version: found for found in migrations if found.version not in records}
        return self.up_to(target, self.in_order(given.values()))
