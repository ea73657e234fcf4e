"""Mistake: the newest migration is the one applied last.

Believes: what was applied last has the highest version.
Rejected by: only_the_newest_rolls_back
Hint: With allow_out_of_order, 5 was applied after 9. Which of the two is the newest: by the clock, and by the
    number?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def removable(self, migration, records):
        self.require_clean(records)
        newest = max(records.values(), key=lambda recorded: recorded.applied_at)
        if migration.version != newest.version:
            raise OutOfOrder(f"{newest} was applied later")
        return super().removable(migration, {migration.version: records[migration.version]})

    def rollback_to(self, version):
        back = Right.removable
        done = []
        for found in self.above(version, self.history()):
            with self.database.migrating() as connection, self.database.transaction(connection):
                recorded = back(self, found, self.read(connection))
                self.run(connection, recorded, recorded.down_sql)
                self.remove(connection, recorded.version)
            done.append(found.version)
        return done
