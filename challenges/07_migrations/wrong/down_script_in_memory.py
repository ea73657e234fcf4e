"""Mistake: the down script is kept by the manager, and not in the history.

Believes: whoever rolls back has the source of the migration.
Rejected by: rollback_needs_no_source, stamping_records_without_running, postgres_is_migrated_as_well
Hint: The new version of the program is taken back. Does the old version have the down script of the new
    migration?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.scripts = {}

    def add(self, connection, migration, *, dirty=False):
        self.scripts[migration.version] = migration.down_sql
        super().add(connection, migration, dirty=dirty)
        update = f"UPDATE {self.table} SET down_sql = '' WHERE version = ?"
        self.database.execute(connection, update, migration.version)

    def read(self, connection):
        records = super().read(connection)
        for version, recorded in records.items():
            recorded.down_sql = self.scripts.get(version, "")
        return records

    def roll_back(self, migration):
        self.scripts.setdefault(migration.version, migration.down_sql)
        return super().roll_back(migration)

    def require_unchanged(self, migration, recorded):
        if migration.down_sql:
            super().require_unchanged(migration, recorded)
