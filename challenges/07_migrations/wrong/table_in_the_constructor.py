"""Mistake: the constructor creates the history table.

Believes: whoever makes a manager is going to migrate.
Rejected by: looking_changes_nothing
Hint: Somebody asks for the status of the live database and may only read. What does your constructor do there?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        with self.database.migrating() as connection, self.database.transaction(connection):
            self.create_table(connection)
