"""Mistake: the history is a JSON file beside the database.

Believes: the two files will always travel together.
Rejected by: history_is_a_table_in_the_database, rollback_undoes_the_migration,
    rollback_forgets_its_own_record_only, failed_migration_is_loud_and_not_recorded,
    migration_without_its_record_is_undone, failed_rollback_changes_nothing, table_name_is_only_a_name,
    postgres_is_migrated_as_well, postgres_runs_all_or_nothing, postgres_first_table_is_made_once,
    postgres_migrators_take_turns, postgres_wait_is_bounded, postgres_builds_indexes_concurrently
Hint: Somebody restores yesterday's database file. What does the history beside it say then?
"""

import json
from datetime import datetime
from pathlib import Path

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    @property
    def file(self):
        return Path(self.path + ".history.json")

    def rows(self):
        return json.loads(self.file.read_text()) if self.file.exists() else []

    def read(self, connection):
        rows = sorted(self.rows())
        return {row[0]: Migration(*row[:5], datetime.fromisoformat(row[5]), *row[6:]) for row in rows}

    def write(self, version, *rows):
        others = [row for row in self.rows() if row[0] != version]
        self.file.write_text(json.dumps([*others, *rows]))

    def add(self, connection, found, *, dirty=False):
        texts = (found.name, found.up_sql, found.down_sql, found.fingerprint(), self.now())
        self.write(found.version, (found.version, *texts, found.transactional, dirty))

    def mark(self, connection, version, *, dirty):
        self.write(version, *[(*row[:7], dirty) for row in self.rows() if row[0] == version])

    def remove(self, connection, version):
        self.write(version)
