"""Mistake: a lock in the process's memory keeps migrators apart.

Believes: whoever migrates does it in this process.
Rejected by: processes_migrate_together, postgres_first_table_is_made_once, postgres_migrators_take_turns
Hint: Two servers migrate one file. Which of them can see your threading.Lock?
"""

import threading

from sound import *
from sound import MigrationManager as Right

here = threading.RLock()


class MigrationManager(Right):
    def apply(self, migration):
        with here:
            seen = self.history()
            if not self.pending([migration], seen):
                return False
            self.read = lambda connection: seen
            try:
                return super().apply(migration)
            finally:
                del self.read

    def roll_back(self, migration):
        with here:
            return super().roll_back(migration)
