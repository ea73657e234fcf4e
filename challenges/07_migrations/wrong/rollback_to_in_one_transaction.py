"""Mistake: rollback_to rolls everything back in one transaction.

Believes: it is one call, so it is one step.
Rejected by: rollback_to_goes_step_by_step
Hint: Rolling back 4 and 3 worked, 2 fails. What should the history hold: three migrations less, two less, or none
    less?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def rollback_to(self, version):
        with self.database.migrating() as connection, self.database.transaction(connection):
            found = self.above(version, self.read(connection))
            for recorded in found:
                self.run(connection, recorded, recorded.down_sql)
                self.remove(connection, recorded.version)
        return [recorded.version for recorded in found]
