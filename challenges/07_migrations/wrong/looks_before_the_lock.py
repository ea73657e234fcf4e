"""Mistake: the history is read before the lock is taken, and not again after it.

Believes: what was true a moment ago is still true.
Rejected by: migrators_start_together, processes_migrate_together, threads_share_a_manager,
    postgres_first_table_is_made_once, postgres_migrators_take_turns
Hint: Two programs look into the empty history at the same moment, then take turns. What does the second one know
    when its turn comes?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def apply(self, migration):
        seen = self.history()
        if not self.pending([migration], seen):
            return False
        self.read = lambda connection: seen
        try:
            return super().apply(migration)
        finally:
            del self.read
