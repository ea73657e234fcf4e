"""Mistake: versions are counted in memory only.

Believes: the numbers begin at one in every program.
Rejected by: versions_continue_after_a_restart
Hint: After a restart the counter begins again. Where does it say which numbers are taken?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def next_version(self, records):
        return self.last + 1
