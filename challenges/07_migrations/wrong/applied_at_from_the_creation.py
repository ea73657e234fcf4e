"""Mistake: applied_at is set when the migration is created.

Believes: it is applied at once anyway.
Rejected by: new_migration_holds_what_was_passed
Hint: When is a migration applied: when somebody describes it, or when its script has run?
"""

from datetime import UTC, datetime

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def create_migration(self, *args, **kwargs):
        migration = super().create_migration(*args, **kwargs)
        migration.applied_at = datetime.now(UTC)
        return migration
