"""What a migration is, what can go wrong with one, and how its state is reported.

Exception
└── MigrationError           the root: catching it catches all
    ├── ChecksumMismatch     an applied migration was edited
    ├── DuplicateMigration   two different migrations share a version or a name
    ├── OutOfOrder           too late to apply, or too early to roll back
    ├── Irreversible         there is no down script
    ├── MigrationLocked      somebody else held the lock for too long
    └── DirtyDatabase        a step outside a transaction began and never finished
"""

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

# Possessive and atomic: without them, thirty comments in a row would be tried in a billion groupings.
_NOTHING_TO_RUN = re.compile(r"(?:[\s;]|--[^\n]*|(?>/\*.*?\*/))*+", re.DOTALL)


class MigrationError(Exception):
    """A migration could not be accepted, applied or rolled back."""


class ChecksumMismatch(MigrationError):
    """An applied migration no longer has the name and SQL that were recorded."""


class DuplicateMigration(MigrationError):
    """Two different migrations claim one version or one name."""


class OutOfOrder(MigrationError):
    """The version lies below the newest applied one."""


class Irreversible(MigrationError):
    """The migration was recorded without a down script."""


class MigrationLocked(MigrationError):
    """The lock did not come free within the time allowed."""


class DirtyDatabase(MigrationError):
    """A migration was begun outside a transaction and its end is not known."""


@dataclass(frozen=True)
class Migration:
    """One step of the schema: the way up, the way down, and a number that orders it.

    *checksum* fills itself in. *applied_at* is set on what comes out of the history, in UTC.
    """

    version: int
    name: str
    up_sql: str = field(repr=False)
    down_sql: str = field(repr=False)
    checksum: str = ""
    applied_at: datetime | None = None
    transactional: bool = True

    def __post_init__(self) -> None:
        """Fill in the checksum that was left out."""
        if not self.checksum:
            object.__setattr__(self, "checksum", self.fingerprint())

    def __str__(self) -> str:
        """Name the migration in a message."""
        return f"migration {self.version} ({self.name})"

    @property
    def reversible(self) -> bool:
        """Whether the down script holds anything but white space, comments and semicolons."""
        return _NOTHING_TO_RUN.fullmatch(self.down_sql) is None

    def fingerprint(self) -> str:
        """Return the SHA-256 of the name and both scripts, computed afresh.

        `dataclasses.replace(migration, up_sql=…)` copies the old *checksum*, so decisions use this one. Line
        ends do not count, nor does white space around a whole script: editors and version control change them
        unasked. A JSON list keeps the parts apart, so the scripts "ab" and "c" differ from "a" and "bc".
        """
        scripts = (sql.replace("\r\n", "\n").replace("\r", "\n").strip() for sql in (self.up_sql, self.down_sql))
        return hashlib.sha256(json.dumps([self.name, *scripts]).encode()).hexdigest()


class Record(NamedTuple):
    """A row of the history; *dirty* while a step outside a transaction has not come to its end."""

    migration: Migration
    dirty: bool


@dataclass(frozen=True)
class MigrationStatus:
    """Where one migration stands."""

    version: int
    name: str
    state: Literal["pending", "applied", "drifted", "missing", "dirty"]
    applied_at: datetime | None = None
