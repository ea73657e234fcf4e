"""A right solution for all three tiers, in small pieces: each file beside this folder puts one mistake in place of one."""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any

from sound.databases import Database, Postgres, Sqlite
from sound.model import (
    ChecksumMismatch,
    DirtyDatabase,
    DuplicateMigration,
    Irreversible,
    Migration,
    MigrationError,
    MigrationLocked,
    MigrationStatus,
    OutOfOrder,
)

__all__ = [
    "ChecksumMismatch",
    "Database",
    "DirtyDatabase",
    "DuplicateMigration",
    "Irreversible",
    "Migration",
    "MigrationError",
    "MigrationLocked",
    "MigrationManager",
    "MigrationStatus",
    "OutOfOrder",
    "Postgres",
    "Sqlite",
]

_FIELDS = "version, name, up_sql, down_sql, checksum, applied_at, transactional, dirty"


class MigrationManager:
    """Applies migrations to one database."""

    Sqlite = Sqlite
    Postgres = Postgres

    def __init__(
        self,
        db_path: str,
        *,
        migrations_table: str = "schema_migrations",
        lock_timeout: float = 10.0,
        allow_out_of_order: bool = False,
        clock: Any = None,
    ) -> None:
        kind = self.Postgres if db_path.startswith(("postgresql://", "postgres://")) else self.Sqlite
        self.database: Database = kind(db_path, lock_timeout)
        self.path = db_path
        self.name = migrations_table
        self.lenient = allow_out_of_order
        self.clock = clock or time.time
        self.last = 0
        self.creating: AbstractContextManager[Any] = threading.Lock()

    # what is asked for

    def create_migration(self, name: str, up_sql: str, down_sql: str, *, transactional: bool = True) -> Migration:
        with self.creating:
            records = self.history()
            version = self.next_version(records)
            new = Migration(version, name, up_sql, down_sql, transactional=transactional)
            known = self.known(new, records)
            if known is None:
                self.last = version
            return known or new

    def apply_migration(self, migration: Migration) -> bool:
        self.apply(migration)
        return True

    def rollback_migration(self, migration: Migration) -> bool:
        self.roll_back(migration)
        return True

    def get_applied_migrations(self) -> list[Migration]:
        return [recorded for recorded in self.history().values() if not recorded.dirty]

    def apply_all(
        self, migrations: Iterable[Migration], *, target: int | None = None, dry_run: bool = False
    ) -> list[int]:
        return [found.version for found in self.plan(migrations, target=target) if dry_run or self.apply(found)]

    def rollback_to(self, version: int) -> list[int]:
        return [found.version for found in self.above(version, self.history()) if self.roll_back(found)]

    def close(self) -> None:
        self.database.close()

    def plan(self, migrations: Iterable[Migration], *, target: int | None = None) -> list[Migration]:
        return self.up_to(target, self.pending(list(migrations), self.history()))

    def status(self, migrations: Iterable[Migration]) -> list[MigrationStatus]:
        records, given = self.history(), {found.version: found for found in migrations}
        return [self.status_of(version, given, records) for version in sorted({*given, *records})]

    def validate(self, migrations: Iterable[Migration]) -> None:
        given, records = list(migrations), self.history()
        self.pending(given, records)
        if missing := records.keys() - {found.version for found in given}:
            raise MigrationError(f"applied, but not given: {sorted(missing)}")

    def stamp(self, migrations: Iterable[Migration], *, target: int | None = None) -> list[int]:
        with self.database.migrating() as connection, self.database.transaction(connection):
            stamped = self.up_to(target, self.pending(list(migrations), self.read(connection)))
            for found in stamped:
                self.add(connection, found)
        return [found.version for found in stamped]

    def repair(self, version: int, *, applied: bool) -> None:
        with self.database.migrating() as connection, self.database.transaction(connection):
            recorded = self.read(connection).get(version)
            if recorded is None or not recorded.dirty:
                raise MigrationError(f"version {version} is not dirty")
            if applied:
                self.mark(connection, version, dirty=False)
            else:
                self.remove(connection, version)

    # one migration, forward and back

    def apply(self, migration: Migration) -> bool:
        alone = not migration.transactional
        with self.database.migrating() as connection:
            with self.database.transaction(connection):
                if not self.pending([migration], self.read(connection)):
                    return False
                if alone:
                    self.add(connection, migration, dirty=True)
                else:
                    self.run(connection, migration, migration.up_sql)
                    self.add(connection, migration)
            if alone:
                self.run(connection, migration, migration.up_sql)
                with self.database.transaction(connection):
                    self.mark(connection, migration.version, dirty=False)
        return True

    def roll_back(self, migration: Migration) -> bool:
        with self.database.migrating() as connection:
            with self.database.transaction(connection):
                records = self.read(connection)
                if migration.version not in records:
                    return False
                recorded = self.removable(migration, records)
                if recorded.transactional:
                    self.run(connection, recorded, recorded.down_sql)
                    self.remove(connection, recorded.version)
                else:
                    self.mark(connection, recorded.version, dirty=True)
            if not recorded.transactional:
                self.run(connection, recorded, recorded.down_sql)
                with self.database.transaction(connection):
                    self.remove(connection, recorded.version)
        return True

    def run(self, connection: Any, migration: Migration, script: str) -> None:
        with self.database.explained(f"migration {migration.version} ({migration.name})"):
            self.database.run(connection, script, transactional=migration.transactional)

    # what is allowed

    def next_version(self, records: dict[int, Migration]) -> int:
        return max([self.last, *records]) + 1

    def known(self, new: Migration, records: dict[int, Migration]) -> Migration | None:
        for recorded in records.values():
            if recorded.name == new.name:
                self.require_unchanged(new, recorded)
                return recorded
        return None

    def pending(self, migrations: list[Migration], records: dict[int, Migration]) -> list[Migration]:
        self.require_clean(records)
        given: dict[int, Migration] = {}
        for found in migrations:
            if not given.setdefault(found.version, found).is_same(found):
                raise DuplicateMigration(f"{found} and {given[found.version]} have one version")
        names = {recorded.name: version for version, recorded in records.items()}
        result = []
        for found in self.in_order(given.values()):
            if found.version in records:
                self.require_unchanged(found, records[found.version])
            else:
                self.require_own_name(found, names)
                self.require_in_time(found, records)
                result.append(found)
        return result

    def in_order(self, migrations: Iterable[Migration]) -> list[Migration]:
        return sorted(migrations, key=lambda found: found.version)

    def up_to(self, target: int | None, migrations: list[Migration]) -> list[Migration]:
        return [found for found in migrations if target is None or found.version <= target]

    def removable(self, migration: Migration, records: dict[int, Migration]) -> Migration:
        self.require_clean(records)
        recorded = records[migration.version]
        self.require_unchanged(migration, recorded)
        self.require_reversible(recorded)
        if recorded.version != max(records):
            raise OutOfOrder(f"{recorded} is not the newest")
        return recorded

    def above(self, version: int, records: dict[int, Migration]) -> list[Migration]:
        self.require_clean(records)
        found = [recorded for recorded in self.in_order(records.values())[::-1] if recorded.version > version]
        for recorded in found:
            self.require_reversible(recorded)
        return found

    def require_clean(self, records: dict[int, Migration]) -> None:
        if dirty := [recorded for recorded in records.values() if recorded.dirty]:
            raise DirtyDatabase(f"{dirty[0]} began and did not finish")

    def require_unchanged(self, migration: Migration, recorded: Migration) -> None:
        if migration.fingerprint() != recorded.checksum:
            raise ChecksumMismatch(f"{recorded} was edited")

    def require_own_name(self, migration: Migration, names: dict[str, int]) -> None:
        if names.setdefault(migration.name, migration.version) != migration.version:
            raise DuplicateMigration(f"{migration} has the name of version {names[migration.name]}")

    def require_in_time(self, migration: Migration, records: dict[int, Migration]) -> None:
        if migration.version < max(records, default=0) and not self.lenient:
            raise OutOfOrder(f"{migration} comes too late")

    def require_reversible(self, recorded: Migration) -> None:
        if not recorded.reversible:
            raise Irreversible(f"{recorded} has no way back")

    def status_of(self, version: int, given: dict[int, Migration], records: dict[int, Migration]) -> MigrationStatus:
        recorded = records.get(version)
        if recorded is None:
            return MigrationStatus(version, given[version].name, "pending")
        state = "applied"
        if recorded.dirty:
            state = "dirty"
        elif version not in given:
            state = "missing"
        elif given[version].fingerprint() != recorded.checksum:
            state = "drifted"
        return MigrationStatus(version, recorded.name, state, recorded.applied_at)

    # the history

    @property
    def table(self) -> str:
        return '"' + self.name.replace('"', '""') + '"'

    def history(self) -> dict[int, Migration]:
        with self.database.reading() as connection:
            return self.read(connection)

    def read(self, connection: Any) -> dict[int, Migration]:
        if not self.database.has_table(connection, self.name):
            return {}
        rows = self.database.execute(connection, f"SELECT {_FIELDS} FROM {self.table} ORDER BY version")
        return {row[0]: Migration(*row[:5], datetime.fromisoformat(row[5]), bool(row[6]), bool(row[7])) for row in rows}

    def create_table(self, connection: Any) -> None:
        create = (
            f"CREATE TABLE IF NOT EXISTS {self.table} (version BIGINT PRIMARY KEY, name TEXT NOT NULL,"
            " up_sql TEXT, down_sql TEXT, checksum TEXT, applied_at TEXT, transactional INTEGER, dirty INTEGER)"
        )
        self.database.execute(connection, create)

    def add(self, connection: Any, migration: Migration, *, dirty: bool = False) -> None:
        self.create_table(connection)
        texts = (migration.name, migration.up_sql, migration.down_sql, migration.fingerprint())
        row = (migration.version, *texts, self.now(), int(migration.transactional), int(dirty))
        marks = ", ".join("?" * len(row))
        self.database.execute(connection, f"INSERT INTO {self.table} ({_FIELDS}) VALUES ({marks})", *row)

    def now(self) -> str:
        return datetime.fromtimestamp(self.clock(), UTC).isoformat()

    def mark(self, connection: Any, version: int, *, dirty: bool) -> None:
        self.database.execute(connection, f"UPDATE {self.table} SET dirty = ? WHERE version = ?", int(dirty), version)

    def remove(self, connection: Any, version: int) -> None:
        self.database.execute(connection, f"DELETE FROM {self.table} WHERE version = ?", version)
