"""Mistake: after a failure the remaining migrations run as well.

Believes: as much as possible should be applied, and the error told at the end.
Rejected by: apply_all_stops_at_the_first_failure
Hint: The third migration builds on the table that the second one failed to make. Should it still run?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def apply_all(self, migrations, *, target=None, dry_run=False):
        done, failures = [], []
        for migration in self.plan(migrations, target=target):
            try:
                if dry_run or self.apply(migration):
                    done.append(migration.version)
            except MigrationError as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return done
