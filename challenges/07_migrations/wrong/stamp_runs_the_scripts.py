"""Mistake: stamp runs what it records.

Believes: a migration is applied by running it.
Rejected by: stamping_records_without_running
Hint: The tables were made by hand and are there. What does a CREATE TABLE say to that?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def stamp(self, migrations, *, target=None):
        return self.apply_all(migrations, target=target)
