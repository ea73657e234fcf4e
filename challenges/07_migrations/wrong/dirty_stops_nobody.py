"""Mistake: a dirty migration is shown, but the others go on.

Believes: each migration stands for itself.
Rejected by: unfinished_step_is_dirty, unfinished_rollback_is_dirty, killed_step_is_dirty,
    postgres_builds_indexes_concurrently
Hint: One migration stopped somewhere in its middle. What does the next one build on?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def require_clean(self, records):
        pass
