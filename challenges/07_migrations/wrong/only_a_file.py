"""Mistake: db_path is always the path of a file.

Believes: SQLite is the only database.
Rejected by: postgres_is_migrated_as_well, postgres_runs_all_or_nothing, postgres_first_table_is_made_once,
    postgres_migrators_take_turns, postgres_wait_is_bounded, postgres_builds_indexes_concurrently
Hint: What does sqlite3 make of a path that begins with postgresql://?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.database = Sqlite(self.path, self.database.timeout)
