"""A versioned schema: every migration once, in order, all or nothing, whoever else is trying."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import migration_rules as rules
from migration_database import Database, DatabaseError, LockWaitError, Session
from migration_history import History
from migration_model import (
    ChecksumMismatch,
    DirtyDatabase,
    DuplicateMigration,
    Irreversible,
    Migration,
    MigrationError,
    MigrationLocked,
    MigrationStatus,
    OutOfOrder,
    Record,
)
from migration_sqlite import SqliteDatabase

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
    """Applies migrations to one database and keeps their history in it.

    Any number of managers, threads and processes may work on one database. Whether to run a script is decided
    from the history as read under the migration lock: what was read earlier may be out of date by then.
    """

    def __init__(
        self,
        db_path: str,
        *,
        migrations_table: str = "schema_migrations",
        lock_timeout: float = 10.0,
        allow_out_of_order: bool = False,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Remember the settings; nothing is opened or created yet.

        *db_path* is the path of a SQLite file or a `postgresql://` address, *lock_timeout* is in seconds, and
        *clock* returns seconds since 1970, as `time.time` does.
        """
        self._database = _database(db_path, lock_timeout)
        self._table = migrations_table
        self._allow_out_of_order = allow_out_of_order
        self._clock = clock or time.time
        self._last_version = 0
        self._last_version_lock = threading.Lock()

    def create_migration(self, name: str, up_sql: str, down_sql: str, *, transactional: bool = True) -> Migration:
        """Return a new migration with the next free version, or the recorded one of this name and SQL.

        Versions are reserved in this manager only: two programs that create the same migrations in the same
        order arrive at the same numbers. Raises ChecksumMismatch if the name is recorded with other SQL.
        """
        with self._last_version_lock:
            records = self._records(f"create migration {name!r}")
            version = max([self._last_version, *records]) + 1
            migration = Migration(version, name, up_sql, down_sql, transactional=transactional)
            for recorded, _ in records.values():
                if recorded.name == name:
                    rules.require_unchanged(migration, recorded)
                    return recorded
            self._last_version = version
            return migration

    def apply_migration(self, migration: Migration) -> bool:
        """Apply *migration* unless it is applied already; return True in both cases.

        Raises MigrationError, with nothing changed, if it is not acceptable or fails. One that failed outside
        a transaction leaves what it did until then, and a mark that stops every further run: see `repair`.
        """
        self._apply(migration)
        return True

    def rollback_migration(self, migration: Migration) -> bool:
        """Undo *migration*, which must be the newest; return True, also if it was not applied.

        What runs is the recorded down script. Raises MigrationError, with nothing changed, if that is not
        possible.
        """
        self._roll_back(migration)
        return True

    def get_applied_migrations(self) -> list[Migration]:
        """Return what is applied, by ascending version."""
        return [recorded for recorded, dirty in self._records("read the history").values() if not dirty]

    def apply_all(
        self, migrations: Iterable[Migration], *, target: int | None = None, dry_run: bool = False
    ) -> list[int]:
        """Apply what is pending, up to version *target*, and return the versions that this call applied.

        Each migration is a transaction of its own: one that fails raises, and those before it stay.
        """
        planned = self.plan(migrations, target=target)
        return [migration.version for migration in planned if dry_run or self._apply(migration)]

    def rollback_to(self, version: int) -> list[int]:
        """Undo everything above *version*, newest first, and return the versions that this call undid."""
        doomed = rules.removable_above(version, self._records("roll back"))
        return [migration.version for migration in doomed if self._roll_back(migration)]

    def plan(self, migrations: Iterable[Migration], *, target: int | None = None) -> list[Migration]:
        """Return what `apply_all` would run, in order, and change nothing; raise what it would raise."""
        return self._pending(migrations, self._records("plan"), target)

    def status(self, migrations: Iterable[Migration]) -> list[MigrationStatus]:
        """Return where each of *migrations*, and each recorded one, stands, by ascending version."""
        return rules.statuses(migrations, self._records("read the status"))

    def validate(self, migrations: Iterable[Migration]) -> None:
        """Raise MigrationError unless *migrations* agree with the history and include all of it."""
        known = list(migrations)
        records = self._records("validate")
        self._pending(known, records)
        rules.require_all_known(known, records)

    def stamp(self, migrations: Iterable[Migration], *, target: int | None = None) -> list[int]:
        """Record what is pending, up to *target*, as applied without running it; return the versions."""
        with self._migrating("stamp") as (session, history), session.transaction():
            stamped = self._pending(migrations, history.read(), target)
            for migration in stamped:
                history.add(migration, self._now(), dirty=False)
        return [migration.version for migration in stamped]

    def repair(self, version: int, *, applied: bool) -> None:
        """Settle a migration that never finished, the way somebody found it: *applied* or not."""
        with self._migrating(f"repair version {version}") as (session, history), session.transaction():
            record = history.read().get(version)
            if record is None or not record.dirty:
                msg = f"version {version} is not marked as unfinished: there is nothing to repair"
                raise MigrationError(msg)
            if applied:
                history.mark(version, dirty=False)
            else:
                history.remove(version)

    def close(self) -> None:
        """Do nothing: each operation closes the connection that it opened."""

    def _apply(self, migration: Migration) -> bool:
        """Apply *migration* and return whether this call did it."""
        with self._migrating(f"apply {migration}") as (session, history):
            with session.transaction():
                if not self._pending([migration], history.read()):
                    return False
                # The row goes first. Inside a transaction nobody sees the order. Outside one, a crash in
                # between must leave a marked row without its migration, not a migration that nobody knows of.
                history.add(migration, self._now(), dirty=not migration.transactional)
                if migration.transactional:
                    session.run_script(migration.up_sql, transactional=True)
            if not migration.transactional:
                session.run_script(migration.up_sql, transactional=False)
                with session.transaction():
                    history.mark(migration.version, dirty=False)
        return True

    def _roll_back(self, migration: Migration) -> bool:
        """Undo *migration* and return whether this call did it."""
        with self._migrating(f"roll back {migration}") as (session, history):
            with session.transaction():
                records = history.read()
                if migration.version not in records:
                    return False
                rules.require_removable(migration, records)
                recorded = records[migration.version].migration
                if recorded.transactional:
                    session.run_script(recorded.down_sql, transactional=True)
                    history.remove(recorded.version)
                else:
                    history.mark(recorded.version, dirty=True)
            if not recorded.transactional:
                session.run_script(recorded.down_sql, transactional=False)
                with session.transaction():
                    history.remove(recorded.version)
        return True

    def _pending(
        self, migrations: Iterable[Migration], records: rules.Records, target: int | None = None
    ) -> list[Migration]:
        pending = rules.pending(migrations, records, allow_out_of_order=self._allow_out_of_order)
        return [migration for migration in pending if target is None or migration.version <= target]

    def _records(self, doing: str) -> dict[int, Record]:
        with _explained(doing), self._database.reading() as session:
            return History(session, self._table).read()

    @contextmanager
    def _migrating(self, doing: str) -> Iterator[tuple[Session, History]]:
        with _explained(doing), self._database.migrating() as session:
            yield session, History(session, self._table)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _database(db_path: str, lock_timeout: float) -> Database:
    if db_path.startswith(("postgresql://", "postgres://")):
        from migration_postgres import PostgresDatabase  # noqa: PLC0415 - SQLite must work without the driver

        return PostgresDatabase(db_path, lock_timeout)
    return SqliteDatabase(db_path, lock_timeout)


@contextmanager
def _explained(doing: str) -> Iterator[None]:
    """Say what was being done when the database refused; the driver's error stays the cause."""
    try:
        yield
    except LockWaitError as error:
        msg = f"cannot {doing}: somebody else holds the lock: {error}"
        raise MigrationLocked(msg) from error.__cause__
    except DatabaseError as error:
        msg = f"cannot {doing}: {error}"
        raise MigrationError(msg) from error.__cause__
