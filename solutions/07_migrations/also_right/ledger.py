"""Design: every call, reading included, is one write transaction from its first look to its record.

Reaches: tier 2

The object that opens the transaction also owns the connection, so nothing can run outside of it. SQLite itself says
whether a down script holds a statement: it is run in an empty database, and what is traced there is looked at. The
price: whoever reads waits for whoever migrates, and looking creates the history table.
"""

import hashlib
import sqlite3
import threading
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self


class MigrationError(Exception):
    """Something is wrong with a migration."""


class ChecksumMismatch(MigrationError):
    """It was edited."""


class DuplicateMigration(MigrationError):
    """It is there twice."""


class OutOfOrder(MigrationError):
    """Its turn is over, or has not come."""


class Irreversible(MigrationError):
    """It has no way back."""


class MigrationLocked(MigrationError):
    """Another one is at work."""


def digest(name: str, up: str, down: str) -> str:
    """Hash each part by itself, then the hashes."""
    parts = (hashlib.sha1(part.replace("\r", "").encode(), usedforsecurity=False) for part in (name, up, down))
    return "".join(part.hexdigest() for part in parts)


def says_nothing(script: str) -> bool:
    """Tell whether SQLite finds no statement in the script."""
    with closing(sqlite3.connect(":memory:")) as nowhere:
        asked: list[str] = []
        nowhere.set_trace_callback(asked.append)
        try:
            nowhere.executescript(script)
        except sqlite3.Error:
            return False
        return not any(line.strip() not in ("", ";", "COMMIT") and not line.lstrip().startswith("--") for line in asked)


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
        """Work out the checksum."""
        self.checksum = self.checksum or digest(self.name, self.up_sql, self.down_sql)


class Ledger:
    """One open database, with a write transaction around everything."""

    def __init__(self, path: str, patience: float) -> None:
        """Open it."""
        self.db = sqlite3.connect(path, timeout=patience, isolation_level=None)
        self.now = "BEGIN"

    def __enter__(self) -> Self:
        """Take the lock."""
        try:
            self.db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            self.db.close()
            raise MigrationLocked("another program is migrating") from error
        self.db.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, name TEXT, up TEXT, down TEXT,"
            " digest TEXT, moment TEXT)"
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        """Commit or roll back, and close."""
        self.db.set_authorizer(None)
        try:
            if kind is None:
                self.db.execute("COMMIT")
        finally:
            self.db.rollback()
            self.db.close()
        if isinstance(error, sqlite3.Error):
            raise MigrationError(f"{error} in {self.now}") from error

    def rows(self) -> dict[int, Migration]:
        """Read the history."""
        found = self.db.execute("SELECT * FROM schema_migrations ORDER BY version").fetchall()
        return {row[0]: Migration(*row[:5], datetime.fromisoformat(row[5])) for row in found}

    def play(self, migration: Migration, script: str) -> None:
        """Run a script."""
        self.db.set_authorizer(lambda action, *_: int(action == sqlite3.SQLITE_TRANSACTION))
        begun = ""
        for letter in script:
            begun += letter
            if letter == ";" and sqlite3.complete_statement(begun):
                self.now = f"{migration.version} {migration.name}: {begun}"
                self.db.execute(begun)
                begun = ""
        self.now = f"{migration.version} {migration.name}: {begun}"
        self.db.execute(begun)
        self.db.set_authorizer(None)


class MigrationManager:
    """Applies migrations to a SQLite file."""

    def __init__(
        self, db_path: str, *, lock_timeout: float = 10.0, allow_out_of_order: bool = False, **_later: object
    ) -> None:
        """Remember what was asked for."""
        self.path, self.patience, self.lenient = db_path, lock_timeout, allow_out_of_order
        self.taken, self.guard = 0, threading.Lock()

    def create_migration(self, name: str, up_sql: str, down_sql: str) -> Migration:
        """Find it in the history, or make a new one."""
        with self.guard, Ledger(self.path, self.patience) as ledger:
            rows = ledger.rows()
            for row in rows.values():
                if row.name == name:
                    if row.checksum != digest(name, up_sql, down_sql):
                        raise ChecksumMismatch(name)
                    return row
            self.taken = max([self.taken, *rows]) + 1
            return Migration(self.taken, name, up_sql, down_sql)

    def get_applied_migrations(self) -> list[Migration]:
        """Return the history."""
        with Ledger(self.path, self.patience) as ledger:
            return list(ledger.rows().values())

    def apply_migration(self, migration: Migration) -> bool:
        """Apply one."""
        self._apply(migration)
        return True

    def apply_all(self, migrations: Iterable[Migration]) -> list[int]:
        """Apply all that are pending."""
        given = sorted(migrations, key=lambda migration: migration.version)
        with Ledger(self.path, self.patience) as ledger:
            self._check(given, ledger.rows())
        return [migration.version for migration in given if self._apply(migration)]

    def rollback_migration(self, migration: Migration) -> bool:
        """Roll one back."""
        with Ledger(self.path, self.patience) as ledger:
            rows = ledger.rows()
            if migration.version in rows:
                self._check([migration], rows)
                self._undo(ledger, rows, migration.version)
        return True

    def rollback_to(self, version: int) -> list[int]:
        """Roll back all above."""
        above = [row for row in self.get_applied_migrations()[::-1] if row.version > version]
        for row in above:
            if says_nothing(row.down_sql):
                raise Irreversible(row.name)
        for row in above:
            self.rollback_migration(row)
        return [row.version for row in above]

    def close(self) -> None:
        """Nothing is open."""

    def _check(self, given: list[Migration], rows: dict[int, Migration]) -> None:
        names = {row.name: row.version for row in rows.values()}
        digests = {version: row.checksum for version, row in rows.items()}
        for migration in given:
            now = digest(migration.name, migration.up_sql, migration.down_sql)
            if digests.setdefault(migration.version, now) != now:
                raise (ChecksumMismatch if migration.version in rows else DuplicateMigration)(migration.name)
            if migration.version in rows:
                continue
            if names.setdefault(migration.name, migration.version) != migration.version:
                raise DuplicateMigration(migration.name)
            if rows and migration.version < max(rows) and not self.lenient:
                raise OutOfOrder(migration.name)

    def _apply(self, migration: Migration) -> bool:
        with Ledger(self.path, self.patience) as ledger:
            rows = ledger.rows()
            self._check([migration], rows)
            if migration.version in rows:
                return False
            ledger.play(migration, migration.up_sql)
            texts = (migration.name, migration.up_sql, migration.down_sql)
            row = (migration.version, *texts, digest(*texts), datetime.now(UTC).isoformat())
            ledger.db.execute("INSERT INTO schema_migrations VALUES (?, ?, ?, ?, ?, ?)", row)
            return True

    def _undo(self, ledger: Ledger, rows: dict[int, Migration], version: int) -> None:
        if says_nothing(rows[version].down_sql):
            raise Irreversible(rows[version].name)
        if version != max(rows):
            raise OutOfOrder(rows[version].name)
        ledger.play(rows[version], rows[version].down_sql)
        ledger.db.execute("DELETE FROM schema_migrations WHERE version = ?", (version,))
