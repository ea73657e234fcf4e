"""Mistake: lock_timeout is not given to anybody.

Believes: the usual time-out of sqlite3 is good enough.
Rejected by: waiting_for_the_lock_is_bounded
Hint: How long does sqlite3.connect wait for a lock if nobody tells it? And how long did the caller ask for?
"""

from sound import *
from sound import MigrationManager as Right


class Patient(Sqlite):
    def __init__(self, path, timeout):
        super().__init__(path, 10.0)


class MigrationManager(Right):
    Sqlite = Patient
