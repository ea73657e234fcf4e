"""Mistake: the history is searched for the name, not for the version.

Believes: a name stands for one version. (A branch of the program may have used it for another.)
Rejected by: version_tells_what_is_applied, name_is_taken_once
Hint: Version 3 is applied and called "fill". Somebody passes version 5, also called "fill". Is version 5 applied?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def pending(self, migrations, records):
        names = {recorded.name for recorded in records.values()}
        strange = [found for found in migrations if found.version in records or found.name not in names]
        return super().pending(strange, records)

    def roll_back(self, migration):
        namesakes = [recorded for recorded in self.history().values() if recorded.name == migration.name]
        return super().roll_back(migration) or any(
            super(MigrationManager, self).roll_back(found) for found in namesakes
        )
