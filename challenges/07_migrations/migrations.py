"""Numbered migrations for a SQLite database (the promises are in spec.md)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal


class MigrationError(Exception):
    """A migration could not be applied, rolled back or accepted (tier 1, §5).

    The message says which migration, which SQL and what the database answered.
    """


class ChecksumMismatch(MigrationError):
    """An applied migration was edited (tier 2, §8)."""


class DuplicateMigration(MigrationError):
    """Two different migrations have the same version or the same name (tier 2, §8)."""


class OutOfOrder(MigrationError):
    """A newer migration is applied already (tier 2, §9)."""


class Irreversible(MigrationError):
    """The migration has no down script (tier 2, §9)."""


class MigrationLocked(MigrationError):
    """Somebody else held the lock for longer than `lock_timeout` (tier 2, §10)."""


class DirtyDatabase(MigrationError):
    """A migration outside a transaction began and did not finish (tier 3, §13)."""


@dataclass
class Migration:
    """One step of the schema. You may add fields, or freeze the class; keep these fields in this order.

    >>> Migration(3, "add_email", "ALTER TABLE users ADD email TEXT", "ALTER TABLE users DROP email")
    """

    version: int
    """A positive number. Migrations are applied in the order of their versions, §1."""
    name: str
    """What it does, in a few words: "create_users_table"."""
    up_sql: str
    """The script that applies it: one or more SQL statements, §3."""
    down_sql: str
    """The script that undoes it."""
    checksum: str = ""
    """A fingerprint of both scripts, §1. It is worked out when it is left empty."""
    applied_at: datetime | None = None
    """When it was applied: an aware datetime in UTC, or None if it comes from `create_migration`, §2."""
    transactional: bool = True
    """Whether the scripts run inside a transaction (tier 3, §13)."""

    def __post_init__(self) -> None:
        """Fill in the checksum if it is empty (tier 1, §1)."""
        raise NotImplementedError("see spec.md §1")


@dataclass
class MigrationStatus:
    """Where one migration stands (tier 3, §11)."""

    version: int
    name: str
    state: Literal["pending", "applied", "drifted", "missing", "dirty"]
    """§11 says what each of these means."""
    applied_at: datetime | None = None


class MigrationManager:
    """Applies migrations to one database, and keeps the history of them in that database.

    >>> manager = MigrationManager("app.db")
    >>> users = manager.create_migration(
    ...     "create_users_table", "CREATE TABLE users (name TEXT)", "DROP TABLE users"
    ... )
    >>> manager.apply_migration(users)
    True
    >>> [migration.name for migration in manager.get_applied_migrations()]
    ['create_users_table']
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
        """Set up a manager. Tier 1 uses `db_path` only, but accepts every argument.

        db_path: the path of a SQLite file, which need not exist yet. Tier 3: also a `postgresql://` address.
        migrations_table: the name of the table that holds the history, §2; any name at all (tier 3, §12).
        lock_timeout: how many seconds to wait for somebody else's migration to end (tier 2, §10).
        allow_out_of_order: whether an older version may be applied after a newer one (tier 2, §9).
        clock: where `applied_at` comes from, in seconds since 1970; None for `time.time`.
            You may read the system's clock yourself instead.
        """
        raise NotImplementedError("read spec.md §1, then build the constructor")

    def create_migration(self, name: str, up_sql: str, down_sql: str, *, transactional: bool = True) -> Migration:
        """Return a new migration with a version of its own, not applied yet (tier 1, §1).

        If the history holds a migration with this name and these scripts, return that one, with its version.
        `transactional` is for tier 3, §13.

        Raises ChecksumMismatch if the history holds this name with other scripts (tier 2, §8).
        """
        raise NotImplementedError("see spec.md §1")

    def apply_migration(self, migration: Migration) -> bool:
        """Run the up script and record the migration; do nothing if it is recorded already (tier 1, §2).

        Returns True in both cases. Raises MigrationError if it fails, §5. Tier 2 adds ChecksumMismatch and
        DuplicateMigration, §8, OutOfOrder, §9, and MigrationLocked, §10. Tier 3 adds DirtyDatabase, §13.
        """
        raise NotImplementedError("see spec.md §2")

    def rollback_migration(self, migration: Migration) -> bool:
        """Run the down script and remove the record; do nothing if it is not applied (tier 1, §4).

        Returns True in both cases. Raises MigrationError if it fails, §5. Tier 2 adds ChecksumMismatch, §8,
        OutOfOrder and Irreversible, §9, and MigrationLocked, §10. Tier 3 adds DirtyDatabase, §13.
        """
        raise NotImplementedError("see spec.md §4")

    def get_applied_migrations(self) -> list[Migration]:
        """Return what is applied, from the lowest version to the highest (tier 1, §2)."""
        raise NotImplementedError("see spec.md §2")

    def apply_all(
        self, migrations: Iterable[Migration], *, target: int | None = None, dry_run: bool = False
    ) -> list[int]:
        """Apply what is not applied yet, from the lowest version to the highest (tier 1, §6).

        Returns the versions applied by this call, in that order. The first failure ends it.
        target: leave out what has a higher version (tier 3, §11).
        dry_run: change nothing, only return the versions (tier 3, §11).

        >>> manager.apply_all([orders, users])    # versions 2 and 1
        [1, 2]
        """
        raise NotImplementedError("see spec.md §6")

    def rollback_to(self, version: int) -> list[int]:
        """Roll back everything above `version`, the newest first (tier 2, §9).

        Returns the versions rolled back by this call, in that order. `rollback_to(0)` rolls back everything.
        """
        raise NotImplementedError("see spec.md §9")

    def close(self) -> None:
        """Let go of whatever the manager holds open; may be called twice (tier 2, §10)."""
        raise NotImplementedError("see spec.md §10")

    def plan(self, migrations: Iterable[Migration], *, target: int | None = None) -> list[Migration]:
        """Return what `apply_all` would apply, in order, and change nothing (tier 3, §11)."""
        raise NotImplementedError("see spec.md §11")

    def status(self, migrations: Iterable[Migration]) -> list[MigrationStatus]:
        """Return where each given and each recorded migration stands, by ascending version (tier 3, §11)."""
        raise NotImplementedError("see spec.md §11")

    def validate(self, migrations: Iterable[Migration]) -> None:
        """Raise MigrationError unless the given migrations and the history agree (tier 3, §11)."""
        raise NotImplementedError("see spec.md §11")

    def stamp(self, migrations: Iterable[Migration], *, target: int | None = None) -> list[int]:
        """Record migrations as applied without running them; return their versions (tier 3, §12)."""
        raise NotImplementedError("see spec.md §12")

    def repair(self, version: int, *, applied: bool) -> None:
        """Say how an unfinished migration ended: as `applied`, or as not applied (tier 3, §13)."""
        raise NotImplementedError("see spec.md §13")
