"""Mistake: the name of the history table goes into the SQL as it is.

Believes: a table's name is a word.
Rejected by: table_name_is_only_a_name
Hint: Somebody calls the table "x; DROP TABLE users". What does your SQL say then, and what would quotes make of
    it?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    @property
    def table(self):
        return self.name
