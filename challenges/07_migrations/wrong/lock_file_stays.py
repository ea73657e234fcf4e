"""Mistake: a lock file is made before a migration and removed after it.

Believes: every process comes to its end.
Rejected by: lock_goes_with_its_process, killed_migration_leaves_nothing
Hint: The process is killed in the middle of a migration. Who removes its lock file?
"""

import time
from contextlib import contextmanager
from pathlib import Path

from sound import *
from sound import MigrationManager as Right


class WithFile(Sqlite):
    @contextmanager
    def migrating(self):
        file = Path(self.path + ".lock")
        give_up = time.monotonic() + self.timeout
        while True:
            try:
                file.touch(exist_ok=False)
                break
            except FileExistsError:
                if time.monotonic() > give_up:
                    raise MigrationLocked("another one migrates") from None
                time.sleep(0.01)
        try:
            with super().migrating() as connection:
                yield connection
        finally:
            file.unlink()


class MigrationManager(Right):
    Sqlite = WithFile
