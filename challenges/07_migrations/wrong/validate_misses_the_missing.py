"""Mistake: validate does not mind migrations that are applied but were not given.

Believes: only what is given can be wrong.
Rejected by: validate_finds_what_is_wrong
Hint: The database has a migration that this program knows nothing of. May the program trust its own picture of
    the tables?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def validate(self, migrations):
        self.pending(list(migrations), self.history())
