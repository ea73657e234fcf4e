"""Mistake: status tells only of the migrations that were given.

Believes: what the program does not know is none of its business.
Rejected by: status_tells_where_each_stands, killed_step_is_dirty
Hint: The old version of a program runs on a database that the new version has migrated. What should its status
    show?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def status(self, migrations):
        given = list(migrations)
        versions = {found.version for found in given}
        return [status for status in super().status(given) if status.version in versions]
