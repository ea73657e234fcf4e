"""Mistake: apply_all applies everything, whatever the target.

Believes: the target is for those who only look.
Rejected by: target_is_the_last_to_run
Hint: Compare what plan(…, target=10) shows with what apply_all(…, target=10) then does.
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def apply_all(self, migrations, *, target=None, dry_run=False):
        return super().apply_all(migrations, target=target if dry_run else None, dry_run=dry_run)
