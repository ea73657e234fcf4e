"""Mistake: create_migration takes a known name for a known migration.

Believes: nobody uses a name twice. (The old scripts come back, and the new ones never run.)
Rejected by: same_name_alone_is_another_migration
"""

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime


class MigrationError(Exception):
    """A migration could not be applied or rolled back."""


@dataclass
class Migration:
    """One step of the schema."""

    version: int
    name: str
    up_sql: str
    down_sql: str
    checksum: str = ""
    applied_at: datetime | None = None
    transactional: bool = True

    def __post_init__(self) -> None:
        """Fill in the checksum."""
        if not self.checksum:
            content = json.dumps([self.name, self.up_sql, self.down_sql])
            self.checksum = hashlib.sha256(content.encode()).hexdigest()


def statements(script: str) -> Iterator[str]:
    """Cut a script into its statements."""
    start = 0
    for semicolon in re.finditer(";", script):
        if sqlite3.complete_statement(script[start : semicolon.end()]):
            yield script[start : semicolon.end()]
            start = semicolon.end()
    yield script[start:]


class MigrationManager:
    """Applies migrations to a SQLite file."""

    def __init__(self, db_path: str, **_options: object) -> None:
        """Create the history table."""
        self._path = db_path
        self._last_version = 0
        with closing(self._connect()) as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, name TEXT,"
                " up_sql TEXT, down_sql TEXT, checksum TEXT, applied_at TEXT)"
            )

    def create_migration(self, name: str, up_sql: str, down_sql: str) -> Migration:
        """Return the recorded migration, or a new one with the next version."""
        applied = self.get_applied_migrations()
        for migration in applied:
            if migration.name == name:
                return migration
        versions = [migration.version for migration in applied]
        self._last_version = max([self._last_version, *versions]) + 1
        return Migration(self._last_version, name, up_sql, down_sql)

    def apply_migration(self, migration: Migration) -> bool:
        """Run the up script and record the migration, unless it is recorded."""
        if self._is_applied(migration):
            return True
        now = datetime.now(UTC).isoformat()
        row = (migration.name, migration.up_sql, migration.down_sql, migration.checksum, now)
        insert = "INSERT INTO schema_migrations VALUES (?, ?, ?, ?, ?, ?)"
        self._run(migration, migration.up_sql, insert, (migration.version, *row))
        return True

    def rollback_migration(self, migration: Migration) -> bool:
        """Run the down script and remove the record, if there is one."""
        if not self._is_applied(migration):
            return True
        delete = "DELETE FROM schema_migrations WHERE version = ?"
        self._run(migration, migration.down_sql, delete, (migration.version,))
        return True

    def get_applied_migrations(self) -> list[Migration]:
        """Return the history."""
        with closing(self._connect()) as connection:
            rows = connection.execute("SELECT * FROM schema_migrations ORDER BY version").fetchall()
        return [
            Migration(version, name, up_sql, down_sql, checksum, datetime.fromisoformat(moment))
            for version, name, up_sql, down_sql, checksum, moment in rows
        ]

    def apply_all(self, migrations: Iterable[Migration]) -> list[int]:
        """Apply what is not applied yet, in order."""
        pending = [migration for migration in migrations if not self._is_applied(migration)]
        pending.sort(key=lambda migration: migration.version)
        for migration in pending:
            self.apply_migration(migration)
        return [migration.version for migration in pending]

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, isolation_level=None)

    def _is_applied(self, migration: Migration) -> bool:
        return migration.version in {recorded.version for recorded in self.get_applied_migrations()}

    def _run(self, migration: Migration, script: str, record: str, row: tuple[object, ...]) -> None:
        """Run the script and change the record, in one transaction."""
        with closing(self._connect()) as connection:
            statement = "BEGIN IMMEDIATE"
            try:
                connection.execute(statement)
                for statement in statements(script):
                    connection.execute(statement)
                connection.execute(record, row)
                connection.execute("COMMIT")
            except sqlite3.Error as error:
                connection.rollback()
                message = f"migration {migration.version} ({migration.name}) failed: {error}, in: {statement}"
                raise MigrationError(message) from error
