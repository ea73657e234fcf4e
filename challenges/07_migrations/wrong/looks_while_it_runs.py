"""Mistake: apply_all looks at each migration when its turn has come.

Believes: what comes first cannot be wrong because of what comes later.
Rejected by: apply_all_looks_before_it_runs, version_is_taken_once, name_is_taken_once
Hint: The fifth of your migrations was edited. When do you want to know: before the first one runs, or after the
    fourth?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def apply_all(self, migrations, *, target=None, dry_run=False):
        if dry_run:
            return super().apply_all(migrations, target=target, dry_run=True)
        given = self.up_to(target, self.in_order(migrations))
        return [found.version for found in given if self.apply(found)]
