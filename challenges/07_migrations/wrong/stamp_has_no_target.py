"""Mistake: stamp records everything that is pending, whatever the target.

Believes: a database built by hand has everything.
Rejected by: stamping_records_without_running
Hint: The database was built by hand up to version 10. What becomes of version 30 if it is stamped, too?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def stamp(self, migrations, *, target=None):
        return super().stamp(migrations)
