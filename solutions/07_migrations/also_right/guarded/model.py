"""What a migration is, and what can go wrong with one."""

import hashlib
from dataclasses import dataclass
from datetime import datetime


class MigrationError(Exception):
    """A migration could not be accepted, applied or rolled back."""


class ChecksumMismatch(MigrationError):
    """An applied migration was edited."""


class DuplicateMigration(MigrationError):
    """Two different migrations have one version or one name."""


class OutOfOrder(MigrationError):
    """A newer migration is applied already."""


class Irreversible(MigrationError):
    """The migration has no down script."""


class MigrationLocked(MigrationError):
    """The guard did not come free in time."""


class DirtyDatabase(MigrationError):
    """A step outside a transaction did not finish."""


@dataclass
class Migration:
    """One step of the schema; *dirty* while a step outside a transaction has not come to its end."""

    version: int
    name: str
    up_sql: str
    down_sql: str
    checksum: str = ""
    applied_at: datetime | None = None
    transactional: bool = True
    dirty: bool = False

    def __post_init__(self) -> None:
        """Fill in the checksum."""
        self.checksum = self.checksum or self.fingerprint()

    def fingerprint(self) -> str:
        """Hash both scripts, each by itself; the name does not count, nor do line ends."""
        digests = [hashlib.sha256(sql.replace("\r\n", "\n").encode()).hexdigest() for sql in self.scripts]
        return "-".join(digests)

    @property
    def scripts(self) -> tuple[str, str]:
        """The way up and the way down."""
        return self.up_sql, self.down_sql


@dataclass
class MigrationStatus:
    """Where one migration stands."""

    version: int
    name: str
    state: str
    applied_at: datetime | None = None
