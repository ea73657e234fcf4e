"""Design: migrate a copy of the file and put it in the place of the original, under a lock file.

Reaches: tier 1

The copy is a transaction in itself: until it is renamed nobody sees it, and after an error it is thrown away.
So scripts may do anything, VACUUM included. Versions are reserved in a table, across managers and programs.
The price: twice the disk, the time to copy, and a program that holds the old file open goes on using it.
"""

import fcntl
import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


class MigrationError(Exception):
    """A migration could not be applied or rolled back."""


@dataclass(frozen=True)
class Migration:
    """One step of the schema."""

    version: int
    name: str
    up_sql: str
    down_sql: str
    checksum: str = ""
    applied_at: datetime | None = None

    def __post_init__(self) -> None:
        """Fill in the checksum; no script can hold the NUL that separates the parts."""
        if not self.checksum:
            content = f"{self.name}\0{self.up_sql}\0{self.down_sql}"
            object.__setattr__(self, "checksum", hashlib.blake2b(content.encode()).hexdigest())


class MigrationManager:
    """Applies migrations to a SQLite file by replacing it."""

    def __init__(self, db_path: str, **_later_tiers: object) -> None:
        """Create the history table, and the table of reserved versions."""
        self._path = Path(db_path)
        with self._locked(), closing(sqlite3.connect(db_path)) as connection:
            connection.executescript(
                "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, name TEXT,"
                " up_sql TEXT, down_sql TEXT, checksum TEXT, applied_at TEXT);"
                "CREATE TABLE IF NOT EXISTS reserved_versions (version INTEGER PRIMARY KEY)"
            )

    def create_migration(self, name: str, up_sql: str, down_sql: str) -> Migration:
        """Return the recorded migration, or a new one with a version reserved in the database."""
        for migration in self.get_applied_migrations():
            if (migration.name, migration.up_sql, migration.down_sql) == (name, up_sql, down_sql):
                return migration
        with self._locked(), closing(sqlite3.connect(self._path)) as connection, connection:
            taken = "SELECT version FROM schema_migrations UNION SELECT version FROM reserved_versions"
            version = max((row[0] for row in connection.execute(taken)), default=0) + 1
            connection.execute("INSERT INTO reserved_versions VALUES (?)", (version,))
        return Migration(version, name, up_sql, down_sql)

    def apply_migration(self, migration: Migration) -> bool:
        """Run the up script and record the migration, unless it is recorded."""
        self._apply(migration)
        return True

    def rollback_migration(self, migration: Migration) -> bool:
        """Run the down script and remove the record, if there is one."""
        with self._locked():
            if migration.version in self._applied_versions():
                with self._replacement(migration, migration.down_sql) as connection:
                    connection.execute("DELETE FROM schema_migrations WHERE version = ?", (migration.version,))
        return True

    def get_applied_migrations(self) -> list[Migration]:
        """Return the history."""
        with closing(sqlite3.connect(self._path)) as connection:
            rows = connection.execute("SELECT * FROM schema_migrations ORDER BY version").fetchall()
        return [
            Migration(version, name, up_sql, down_sql, checksum, datetime.fromisoformat(moment))
            for version, name, up_sql, down_sql, checksum, moment in rows
        ]

    def apply_all(self, migrations: Iterable[Migration]) -> list[int]:
        """Apply what is not applied yet, in order."""
        in_order = sorted(migrations, key=lambda migration: migration.version)
        return [migration.version for migration in in_order if self._apply(migration)]

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def _apply(self, migration: Migration) -> bool:
        with self._locked():
            if migration.version in self._applied_versions():
                return False
            scripts = (migration.up_sql, migration.down_sql)
            row = (
                migration.version,
                migration.name,
                *scripts,
                migration.checksum,
                datetime.now(UTC).isoformat(),
            )
            with self._replacement(migration, migration.up_sql) as connection:
                connection.execute("INSERT INTO schema_migrations VALUES (?, ?, ?, ?, ?, ?)", row)
            return True

    def _applied_versions(self) -> set[int]:
        return {migration.version for migration in self.get_applied_migrations()}

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock; the system lets go of it if the process dies."""
        with self._path.with_suffix(".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _replacement(self, migration: Migration, script: str) -> Iterator[sqlite3.Connection]:
        """Run the script on a copy, let the caller change the history there, and swap it in."""
        copy = self._path.with_suffix(".copy")
        copy.unlink(missing_ok=True)
        with closing(sqlite3.connect(self._path)) as original, closing(sqlite3.connect(copy)) as connection:
            original.backup(connection)
            try:
                connection.executescript(script)
                with connection:
                    yield connection
            except sqlite3.Error as error:
                message = f"migration {migration.version} ({migration.name}) failed: {error}\n{script}"
                raise MigrationError(message) from error
        copy.replace(self._path)
