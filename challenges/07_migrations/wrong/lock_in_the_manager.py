"""Mistake: each manager has a lock of its own that keeps migrators apart.

Believes: a program has one manager.
Rejected by: migrators_start_together, processes_migrate_together, postgres_first_table_is_made_once,
    postgres_migrators_take_turns
Hint: Two programs, or two managers in one program, use the same file. Which of them can see the lock inside the
    other one?
"""

import threading

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.mine = threading.RLock()

    def apply(self, migration):
        with self.mine:
            seen = self.history()
            if not self.pending([migration], seen):
                return False
            self.read = lambda connection: seen
            try:
                return super().apply(migration)
            finally:
                del self.read

    def roll_back(self, migration):
        with self.mine:
            return super().roll_back(migration)
