"""Mistake: a locked database is an error at once.

Believes: whoever comes second has lost.
Rejected by: migrators_start_together, processes_migrate_together, lock_goes_with_its_process,
    threads_share_a_manager
Hint: Two servers start together, and the first migrates for two seconds. What should the second one do meanwhile?
"""

from sound import *
from sound import MigrationManager as Right


class Impatient(Sqlite):
    def __init__(self, path, timeout):
        super().__init__(path, 0.0)


class MigrationManager(Right):
    Sqlite = Impatient
