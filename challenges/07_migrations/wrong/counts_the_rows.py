"""Mistake: the next version is the number of applied migrations plus one.

Believes: the history has no gaps.
Rejected by: versions_continue_after_a_restart
Hint: The history holds the versions 1 and 7. What is the next free number, and what does counting the rows give?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def next_version(self, records):
        return max(self.last, len(records)) + 1
