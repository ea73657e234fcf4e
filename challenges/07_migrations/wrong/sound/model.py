"""What a migration is, and what can go wrong with one."""

import hashlib
import json
import re
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
    """There is no way back."""


class MigrationLocked(MigrationError):
    """Somebody else held the lock for too long."""


class DirtyDatabase(MigrationError):
    """A migration outside a transaction did not finish."""


@dataclass
class Migration:
    """One step of the schema."""

    version: int
    name: str
    up_sql: str
    down_sql: str
    checksum: str = ""
    applied_at: datetime | None = None
    transactional: bool = True
    dirty: bool = False

    def __post_init__(self) -> None:
        if not self.checksum:
            self.checksum = self.fingerprint()

    def __str__(self) -> str:
        return f"migration {self.version} ({self.name})"

    def fingerprint(self) -> str:
        """Hash the name and both scripts."""
        return hashlib.sha256(self.content().encode()).hexdigest()

    def content(self) -> str:
        """Return what is hashed."""
        return json.dumps([self.name, self.normal(self.up_sql), self.normal(self.down_sql)])

    @staticmethod
    def normal(script: str) -> str:
        """Make line ends the same."""
        return script.replace("\r\n", "\n")

    def is_same(self, other: "Migration") -> bool:
        """Tell whether the other one has this name and these scripts."""
        return self.content() == other.content()

    @property
    def reversible(self) -> bool:
        """Whether the down script holds a statement."""
        without_comments = re.sub(r"--[^\n]*|/\*.*?\*/", "", self.down_sql, flags=re.DOTALL)
        return bool(without_comments.replace(";", "").strip())


@dataclass
class MigrationStatus:
    """Where one migration stands."""

    version: int
    name: str
    state: str
    applied_at: datetime | None = None
