"""Mistake: the table's name is put in double quotes, but a double quote inside it is not doubled.

Believes: nobody has quotes in a name.
Rejected by: table_name_is_only_a_name
Hint: Where does the quoted name "a "quoted" name" end? What does SQL want instead of a quote inside quotes?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    @property
    def table(self):
        return f'"{self.name}"'
