"""Mistake: foreign keys are enforced while migrations run.

Believes: enforcing them is always safer.
Rejected by: rebuilt_table_keeps_its_children
Hint: A table is dropped, to be replaced by a better one. What do enforced foreign keys with ON DELETE CASCADE do
    to the rows that point to it?
"""

from contextlib import contextmanager

from sound import *
from sound import MigrationManager as Right


class Enforced(Sqlite):
    @contextmanager
    def migrating(self):
        with super().migrating() as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            yield connection


class MigrationManager(Right):
    Sqlite = Enforced
