"""Mistake: create_migration takes a known name for a known migration.

Believes: nobody uses a name twice. (The old scripts come back, and the new ones never run.)
Rejected by: same_name_alone_is_another_migration, known_name_needs_its_scripts
Hint: A migration with a known name comes with other scripts. Which scripts does your create_migration return?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def known(self, new, records):
        return next((recorded for recorded in records.values() if recorded.name == new.name), None)
