"""Mistake: on PostgreSQL the history table is made before the lock is taken.

Believes: IF NOT EXISTS makes it safe.
Rejected by: postgres_first_table_is_made_once
Hint: Two sessions find that there is no table, and both make one. Does IF NOT EXISTS look once, or for ever?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if isinstance(self.database, Postgres):
            with self.database.reading() as connection, self.database.explained("the history table"):
                self.create_table(connection)
