"""Mistake: applied_at has no time zone.

Believes: everybody knows which time zone is meant.
Rejected by: applied_migration_is_listed, postgres_is_migrated_as_well
Hint: Print your applied_at. Could a colleague on another continent say which moment it is?
"""

from datetime import datetime

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def now(self):
        return datetime.fromtimestamp(self.clock()).isoformat()
