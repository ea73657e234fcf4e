"""Mistake: this is the book's first version, repaired just enough to run.

Believes: SQL works, programs run one at a time, and nobody needs an error twice.
Rejected by: each_new_migration_has_a_higher_version, every_statement_runs, applied_migration_is_listed,
    failed_migration_is_loud_and_not_recorded, error_says_what_failed, failed_rollback_is_loud

Repaired: the syntax errors, and a missing space that made every look into the history fail.

What is wrong with it:
* The version comes from the history at the time of creation. Two new migrations get the same number. The
  second fails with a checksum mismatch. Nobody looks at the False, so the program says that all went well.
* `execute` refuses a script of several statements. One of comments alone counts as applied.
* A CREATE TABLE is committed by itself. If the record then fails, the table stays, and every retry says
  "already exists".
* Errors are printed and become False.
* `with sqlite3.connect(…)` commits but does not close: every call leaves a file open. ":memory:" cannot work.
* The checksum of up + down is the same for ("ab", "c") and ("a", "bc"), and changes with the line ends.
* Migrations are applied and rolled back in any order. After a rollback a version is given out again.
* The down script is not stored: another program cannot roll back. The one that is passed in runs unchecked.
* There is no lock: of several programs that start at once, one succeeds.
* applied_at is local time in memory and UTC in the table, without a time zone in both.
* Nothing shows what is pending or what would happen, and there is no apply_all.
"""

import hashlib
import sqlite3
from dataclasses import dataclass
from datetime import datetime


@dataclass
class Migration:
    """One step of the schema."""

    version: int
    name: str
    up_sql: str
    down_sql: str
    checksum: str
    applied_at: datetime | None = None


class MigrationManager:
    """Applies migrations to a SQLite file."""

    def __init__(self, db_path: str) -> None:
        """Create the history table."""
        self.db_path = db_path
        with sqlite3.connect(self.db_path) as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS schema_migrations ("
                " version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL,"
                " applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP)"
            )

    def create_migration(self, name: str, up_sql: str, down_sql: str) -> Migration:
        """Return a migration with the next version."""
        with sqlite3.connect(self.db_path) as connection:
            newest = connection.execute("SELECT MAX(version) FROM schema_migrations").fetchone()[0] or 0
        checksum = hashlib.sha256((up_sql + down_sql).encode()).hexdigest()
        return Migration(newest + 1, name, up_sql, down_sql, checksum)

    def apply_migration(self, migration: Migration) -> bool:
        """Run the up script and record the migration."""
        try:
            with sqlite3.connect(self.db_path) as connection:
                recorded = self._checksum(connection, migration)
                if recorded is not None:
                    if recorded != migration.checksum:
                        raise ValueError(migration.checksum)  # noqa: TRY301 - one of the mistakes
                    return True
                connection.execute(migration.up_sql)
                connection.execute(
                    "INSERT INTO schema_migrations (version, name, checksum) VALUES (?, ?, ?)",
                    (migration.version, migration.name, migration.checksum),
                )
            migration.applied_at = datetime.now()  # noqa: DTZ005 - one of the mistakes
        except Exception as error:  # noqa: BLE001 - one of the mistakes
            print(f"migration {migration.version} could not be applied: {error}")  # noqa: T201
            return False
        return True

    def rollback_migration(self, migration: Migration) -> bool:
        """Run the down script and remove the record."""
        try:
            with sqlite3.connect(self.db_path) as connection:
                if self._checksum(connection, migration) is None:
                    return True
                connection.execute(migration.down_sql)
                connection.execute("DELETE FROM schema_migrations WHERE version = ?", (migration.version,))
        except Exception as error:  # noqa: BLE001 - one of the mistakes
            print(f"migration {migration.version} could not be rolled back: {error}")  # noqa: T201
            return False
        return True

    def get_applied_migrations(self) -> list[Migration]:
        """Return the history, without the scripts."""
        with sqlite3.connect(self.db_path) as connection:
            rows = connection.execute(
                "SELECT version, name, checksum, applied_at FROM schema_migrations ORDER BY version"
            ).fetchall()
        return [Migration(row[0], row[1], "", "", row[2], datetime.fromisoformat(row[3])) for row in rows]

    def _checksum(self, connection: sqlite3.Connection, migration: Migration) -> str | None:
        select = "SELECT checksum FROM schema_migrations WHERE version = ?"
        row = connection.execute(select, (migration.version,)).fetchone()
        return str(row[0]) if row else None
