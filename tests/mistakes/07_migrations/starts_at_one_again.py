"""Variant of: counter_in_memory."""

import hashlib
import sqlite3
import threading
import time
from collections.abc import Iterable
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

    def __post_init__(self) -> None:
        """Fill in the checksum; the lengths keep the two scripts apart."""
        if not self.checksum:
            content = f"{len(self.up_sql)} {len(self.down_sql)} {self.up_sql}{self.down_sql}"
            self.checksum = hashlib.sha256(content.encode()).hexdigest()


class MigrationManager:
    """Applies migrations to a SQLite file through one connection, one call at a time."""

    def __init__(self, db_path: str, *, lock_timeout: float = 10.0, **_later_tiers: object) -> None:
        """Open the file and create the history table."""
        self._lock = threading.RLock()
        self._last_version = 0
        self._connection = sqlite3.connect(db_path, timeout=lock_timeout, isolation_level=None, check_same_thread=False)
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations"
            " (version INTEGER PRIMARY KEY, name TEXT, checksum TEXT, applied_at REAL)"
        )

    def create_migration(self, name: str, up_sql: str, down_sql: str) -> Migration:
        """Return the recorded migration, or one with the next number."""
        with self._lock:
            applied = self.get_applied_migrations()
            new = Migration(0, name, up_sql, down_sql)
            for migration in applied:
                if (migration.name, migration.checksum) == (name, new.checksum):
                    return Migration(migration.version, name, up_sql, down_sql, new.checksum, migration.applied_at)
            self._last_version += 1
            new.version = self._last_version
            return new

    def apply_migration(self, migration: Migration) -> bool:
        """Run the up script and record the migration, unless it is recorded."""
        self._apply(migration)
        return True

    def rollback_migration(self, migration: Migration) -> bool:
        """Run the down script and remove the record, if there is one."""
        with self._lock:
            if self._is_applied(migration):
                forget = f"DELETE FROM schema_migrations WHERE version = {migration.version:d}"
                self._run(migration, migration.down_sql, forget)
        return True

    def get_applied_migrations(self) -> list[Migration]:
        """Return the history; the scripts are not kept."""
        with self._lock:
            rows = self._connection.execute("SELECT * FROM schema_migrations ORDER BY version").fetchall()
        return [
            Migration(version, name, "", "", checksum, datetime.fromtimestamp(seconds, UTC))
            for version, name, checksum, seconds in rows
        ]

    def apply_all(self, migrations: Iterable[Migration]) -> list[int]:
        """Apply what is not applied yet, in order."""
        in_order = sorted(migrations, key=lambda migration: migration.version)
        return [migration.version for migration in in_order if self._apply(migration)]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _apply(self, migration: Migration) -> bool:
        with self._lock:
            if self._is_applied(migration):
                return False
            row = (migration.version, migration.name, migration.checksum, time.time())
            literals = [self._connection.execute("SELECT quote(?)", (value,)).fetchone()[0] for value in row]
            record = f"INSERT INTO schema_migrations VALUES ({', '.join(literals)})"
            self._run(migration, migration.up_sql, record)
            return True

    def _is_applied(self, migration: Migration) -> bool:
        select = "SELECT 1 FROM schema_migrations WHERE version = ?"
        return self._connection.execute(select, (migration.version,)).fetchone() is not None

    def _run(self, migration: Migration, script: str, record: str) -> None:
        # The line break ends a comment that the script may close with.
        try:
            self._connection.executescript(f"BEGIN IMMEDIATE;\n{script}\n;{record};\nCOMMIT;")
        except sqlite3.Error as error:
            self._connection.rollback()
            message = f"migration {migration.version} ({migration.name}) failed: {error}\n{script}"
            raise MigrationError(message) from error
