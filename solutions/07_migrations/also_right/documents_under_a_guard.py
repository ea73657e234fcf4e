"""Design: one history of JSON documents for both databases, and a guard apart from the transaction.

Reaches: tier 3

The guard is a lock on a file beside a SQLite database, and a locked row on PostgreSQL, held by a connection of its
own. So it also covers a step that cannot run in a transaction, and apply_all holds it from its first migration to its
last. The price: a second file or a second connection, and on some network drives a lock on a file means nothing.
Versions are made from the time.
"""
# ruff: noqa: S608 - the table's name is quoted and everything else is a parameter

import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from guarded.databases import Postgres, Sqlite
from guarded.model import (
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
    "DirtyDatabase",
    "DuplicateMigration",
    "Irreversible",
    "Migration",
    "MigrationError",
    "MigrationLocked",
    "MigrationManager",
    "MigrationStatus",
    "OutOfOrder",
]


class MigrationManager:
    """Applies migrations to one database."""

    def __init__(
        self,
        db_path: str,
        *,
        migrations_table: str = "schema_migrations",
        lock_timeout: float = 10.0,
        allow_out_of_order: bool = False,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Remember the settings."""
        kind = Postgres if re.match("postgres(ql)?://", db_path) else Sqlite
        self._db: Postgres | Sqlite = kind(db_path, lock_timeout)
        self._name, self._table = migrations_table, '"{}"'.format(migrations_table.replace('"', '""'))
        self._lenient, self._clock = allow_out_of_order, clock or time.time
        self._last, self._creating = 0, threading.Lock()

    def create_migration(self, name: str, up_sql: str, down_sql: str, *, transactional: bool = True) -> Migration:
        """Return the recorded migration, or a new one whose version is the time in microseconds."""
        with self._creating:
            history = self._history()
            new = Migration(0, name, up_sql, down_sql, transactional=transactional)
            for recorded in history.values():
                if recorded.name == name:
                    _require_same(new, recorded)
                    return recorded
            new.version = self._last = max(
                int(self._clock() * 1e6), self._last + 1, *(known + 1 for known in history), 1
            )
            return new

    def apply_migration(self, migration: Migration) -> bool:
        """Run the up script and record the migration, unless it is recorded."""
        self.apply_all([migration])
        return True

    def rollback_migration(self, migration: Migration) -> bool:
        """Run the down script and remove the record, if there is one."""
        with self._guarded() as connection:
            history = self._read(connection)
            if recorded := history.get(migration.version):
                _require_clean(history)
                _require_same(migration, recorded)
                _require_reversible([recorded])
                if recorded.version != max(history):
                    raise OutOfOrder(f"{max(history)} is applied, and may build on {recorded.version}")
                self._step(connection, recorded, recorded.down_sql, None)
        return True

    def get_applied_migrations(self) -> list[Migration]:
        """Return what is applied."""
        return [recorded for recorded in self._history().values() if not recorded.dirty]

    def apply_all(
        self, migrations: Iterable[Migration], *, target: int | None = None, dry_run: bool = False
    ) -> list[int]:
        """Apply what is pending, all of it under one guard, each migration in a transaction of its own."""
        given = list(migrations)
        planned = self.plan(given, target=target)
        if dry_run or not planned:
            return [migration.version for migration in planned]
        with self._guarded() as connection:
            planned = self._pending(given, self._read(connection), target)
            for migration in planned:
                self._step(connection, migration, migration.up_sql, self._recorded(migration))
        return [migration.version for migration in planned]

    def rollback_to(self, version: int) -> list[int]:
        """Roll back what is above *version*."""
        with self._guarded() as connection:
            history = self._read(connection)
            _require_clean(history)
            above = [history[known] for known in sorted(history, reverse=True) if known > version]
            _require_reversible(above)
            for recorded in above:
                self._step(connection, recorded, recorded.down_sql, None)
        return [recorded.version for recorded in above]

    def close(self) -> None:
        """Do nothing: each call closes what it opened."""

    def plan(self, migrations: Iterable[Migration], *, target: int | None = None) -> list[Migration]:
        """Return what apply_all would apply."""
        return self._pending(list(migrations), self._history(), target)

    def status(self, migrations: Iterable[Migration]) -> list[MigrationStatus]:
        """Return where each given and each recorded migration stands."""
        given, history = {migration.version: migration for migration in migrations}, self._history()
        return [
            MigrationStatus(
                version,
                (history.get(version) or given[version]).name,
                _state(given.get(version), history.get(version)),
                history[version].applied_at if version in history else None,
            )
            for version in sorted({*given, *history})
        ]

    def validate(self, migrations: Iterable[Migration]) -> None:
        """Raise unless the given migrations and the history agree."""
        given, history = list(migrations), self._history()
        self._pending(given, history, None)
        if missing := sorted(set(history) - {migration.version for migration in given}):
            raise MigrationError(f"applied, but unknown here: {missing}")

    def stamp(self, migrations: Iterable[Migration], *, target: int | None = None) -> list[int]:
        """Record what is pending without running it."""
        with self._guarded() as connection:
            stamped = self._pending(list(migrations), self._read(connection), target)
            with self._transaction(connection):
                for migration in stamped:
                    self._write(connection, migration.version, self._recorded(migration))
        return [migration.version for migration in stamped]

    def repair(self, version: int, *, applied: bool) -> None:
        """Keep a dirty migration as applied, or remove it."""
        with self._guarded() as connection:
            recorded = self._read(connection).get(version)
            if recorded is None or not recorded.dirty:
                raise MigrationError(f"version {version} is not dirty")
            recorded.dirty = False
            with self._transaction(connection):
                self._write(connection, version, recorded if applied else None)

    def _pending(
        self, migrations: list[Migration], history: dict[int, Migration], target: int | None
    ) -> list[Migration]:
        _require_clean(history)
        by_version: dict[int, Migration] = {}
        versions = {recorded.name: recorded.version for recorded in history.values()}
        for migration in migrations:
            twin = by_version.setdefault(migration.version, migration)
            if (twin.name, twin.fingerprint()) != (migration.name, migration.fingerprint()):
                raise DuplicateMigration(f"{twin.name} and {migration.name} are both version {twin.version}")
            if recorded := history.get(migration.version):
                _require_same(migration, recorded)
            elif versions.setdefault(migration.name, migration.version) != migration.version:
                raise DuplicateMigration(
                    f"{versions[migration.name]} and {migration.version} are both {migration.name}"
                )
            elif history and migration.version < max(history) and not self._lenient:
                raise OutOfOrder(f"{max(history)} is applied, so {migration.version} comes too late")
        new = sorted(set(by_version) - set(history))
        return [by_version[version] for version in new if target is None or version <= target]

    def _step(self, connection: Any, migration: Migration, script: str, after: Migration | None) -> None:  # noqa: ANN401
        """Run a script and put what is recorded *after* it into the history."""
        what = f"migration {migration.version} ({migration.name}) failed, in: {script}"
        if not migration.transactional:
            with self._transaction(connection, what):
                self._write(connection, migration.version, self._recorded(migration, dirty=True))
            with self._explained(what):
                self._db.run(connection, script, transactional=False)
        with self._transaction(connection, what):
            if migration.transactional:
                self._db.run(connection, script, transactional=True)
            self._write(connection, migration.version, after)

    def _recorded(self, migration: Migration, *, dirty: bool = False) -> Migration:
        facts = asdict(migration) | {"checksum": migration.fingerprint(), "dirty": dirty}
        return Migration(**facts | {"applied_at": datetime.fromtimestamp(self._clock(), UTC)})

    def _history(self) -> dict[int, Migration]:
        with closing(self._db.looking()) as connection:
            return self._read(connection)

    def _read(self, connection: Any) -> dict[int, Migration]:  # noqa: ANN401
        if not self._db.has_table(connection, self._name):
            return {}
        with closing(connection.cursor()) as cursor:
            cursor.execute(f"SELECT version, document FROM {self._table} ORDER BY version")
            documents = {version: json.loads(document) for version, document in cursor.fetchall()}
        return {
            version: Migration(**facts | {"applied_at": datetime.fromisoformat(facts["applied_at"])})
            for version, facts in documents.items()
        }

    def _write(self, connection: Any, version: int, recorded: Migration | None) -> None:  # noqa: ANN401
        """Put what is *recorded* in the place of what was; nothing, if that is None."""
        mark = self._db.mark
        with closing(connection.cursor()) as cursor:
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS {self._table} (version BIGINT PRIMARY KEY, name TEXT, document TEXT)"
            )
            cursor.execute(f"DELETE FROM {self._table} WHERE version = {mark}", (version,))
            if recorded is not None:
                insert = f"INSERT INTO {self._table} VALUES ({mark}, {mark}, {mark})"
                cursor.execute(insert, (version, recorded.name, json.dumps(asdict(recorded), default=str)))

    @contextmanager
    def _guarded(self) -> Iterator[Any]:
        with self._db.guard(), closing(self._db.connect()) as connection:
            yield connection

    @contextmanager
    def _transaction(self, connection: Any, what: str = "the history cannot be changed") -> Iterator[None]:  # noqa: ANN401
        with closing(connection.cursor()) as cursor, self._explained(what):
            cursor.execute(self._db.begin)
            try:
                yield
                cursor.execute("COMMIT")
            except BaseException:
                connection.rollback()
                raise

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except self._db.errors as error:
            raise MigrationError(f"{what}: {error}") from error


def _state(given: Migration | None, recorded: Migration | None) -> str:
    if recorded is None:
        return "pending"
    if recorded.dirty or given is None:
        return "dirty" if recorded.dirty else "missing"
    return "applied" if given.fingerprint() == recorded.checksum else "drifted"


def _require_clean(history: dict[int, Migration]) -> None:
    if dirty := [version for version, recorded in history.items() if recorded.dirty]:
        raise DirtyDatabase(f"version {dirty[0]} did not finish")


def _require_same(migration: Migration, recorded: Migration) -> None:
    if migration.fingerprint() != recorded.checksum:
        raise ChecksumMismatch(f"{recorded.name} was applied as version {recorded.version} with other scripts")


def _require_reversible(migrations: list[Migration]) -> None:
    for migration in migrations:
        if not re.sub(r"(?s)--[^\n]*|/\*.*?\*/|[;\s]", "", migration.down_sql):
            raise Irreversible(f"{migration.name} has no way back")
