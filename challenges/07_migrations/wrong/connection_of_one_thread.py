"""Mistake: the manager keeps the connection that its first caller opened.

Believes: a manager is used by the thread that made it.
Rejected by: lock_goes_with_its_process, migrators_start_together, threads_share_a_manager
Hint: What does a sqlite3 connection answer to a thread that did not open it?
"""

from contextlib import contextmanager

from sound import *
from sound import MigrationManager as Right


class Kept(Sqlite):
    kept = None

    @contextmanager
    def migrating(self):
        if self.kept is None:
            self.kept = self.connect(self.path)
            self.kept.execute("PRAGMA foreign_keys = OFF")
        with self.explained("the connection"):
            yield self.kept

    def close(self):
        if self.kept is not None:
            self.kept.close()
            self.kept = None


class MigrationManager(Right):
    Sqlite = Kept
