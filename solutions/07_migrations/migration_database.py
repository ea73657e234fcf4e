"""What the manager needs from a database, whichever it is."""

from contextlib import AbstractContextManager
from typing import Any, Protocol

Row = tuple[Any, ...]


class DatabaseError(Exception):
    """The database refused a statement; the driver's own error is the cause."""

    def __init__(self, reason: object, statement: str) -> None:
        """Say why, and which *statement* it was."""
        super().__init__(f"{reason} [in: {statement.strip()}]")


class LockWaitError(DatabaseError):
    """The database stayed locked for longer than the time allowed."""


class Session(Protocol):
    """One connection. Outside `transaction()` every statement commits by itself."""

    placeholder: str

    def execute(self, sql: str, *parameters: object) -> list[Row]:
        """Run one statement of the manager's own and return its rows."""

    def run_script(self, script: str, *, transactional: bool) -> None:
        """Run a migration's script; a transactional one may not end the transaction it runs in."""

    def transaction(self) -> AbstractContextManager[None]:
        """Commit at the end of the block, or roll back if it raises."""

    def has_table(self, name: str) -> bool:
        """Tell whether a table of this name is there."""


class Database(Protocol):
    """A place to migrate. It holds no connection between two sessions."""

    def reading(self) -> AbstractContextManager[Session]:
        """Open a session that changes nothing, and creates nothing either."""

    def migrating(self) -> AbstractContextManager[Session]:
        """Open a session whose transactions exclude those of every other migrator."""
