"""Mistake: repair changes any version, dirty or not.

Believes: nobody calls repair without a reason.
Rejected by: only_what_is_dirty_is_repaired
Hint: Somebody mistypes the version in repair(…, applied=False). What happens to a migration that was fine?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def repair(self, version, *, applied):
        with self.database.migrating() as connection, self.database.transaction(connection):
            if applied:
                self.mark(connection, version, dirty=False)
            else:
                self.remove(connection, version)
