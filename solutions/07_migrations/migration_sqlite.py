"""A SQLite file as the manager sees it: its lock is `BEGIN IMMEDIATE`."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from migration_database import DatabaseError, LockWaitError, Row


def statements(script: str) -> Iterator[str]:
    """Cut a script into its statements.

    A semicolon may also stand in a string, a comment or the body of a trigger. SQLite's own tokenizer knows
    which of them end a statement, so each is tried in turn.
    """
    start = 0
    for semicolon in re.finditer(";", script):
        statement = script[start : semicolon.end()]
        if sqlite3.complete_statement(statement):
            yield statement
            start = semicolon.end()
    if script[start:].strip():
        yield script[start:]


def _refuse_transaction_control(action: int, *_details: str | None) -> int:
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_TRANSACTION else sqlite3.SQLITE_OK


class SqliteSession:
    """One connection to the file."""

    placeholder = "?"

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Use *connection*, which must be in autocommit mode (`isolation_level=None`)."""
        self._connection = connection

    def execute(self, sql: str, *parameters: object) -> list[Row]:
        """Run one statement and return its rows."""
        try:
            return self._connection.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            # An extended code such as SQLITE_BUSY_SNAPSHOT has the basic one in its low byte.
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
            if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise LockWaitError(error, sql) from error
            if code == sqlite3.SQLITE_AUTH:
                reason = "a migration may not begin, commit or roll back a transaction"
                raise DatabaseError(reason, sql) from error
            raise DatabaseError(error, sql) from error

    def run_script(self, script: str, *, transactional: bool) -> None:
        """Run a script statement by statement.

        `executescript` will not do: before it begins, it commits whatever transaction is open.
        """
        if transactional:
            # A COMMIT inside the script would make its first half permanent. SQLite recognises one however it
            # is spelt, and asks the authorizer before it compiles the statement.
            self._connection.set_authorizer(_refuse_transaction_control)
        try:
            for statement in statements(script):
                self.execute(statement)
        finally:
            self._connection.set_authorizer(None)
        if transactional:
            self._refuse_orphans()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the file's only write lock for the length of the block.

        A plain BEGIN takes the lock at the first write. Two migrators would both read "not applied yet", and
        the slower one would then fail with "database is locked" without waiting. IMMEDIATE takes it before
        the read.
        """
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            self._connection.rollback()
            raise

    def has_table(self, name: str) -> bool:
        """Tell whether a table of this name is there."""
        select = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE"
        return bool(self.execute(select, name))

    def _refuse_orphans(self) -> None:
        check = "PRAGMA foreign_key_check"
        if orphans := self.execute(check):
            child, rowid, parent, _ = orphans[0]
            reason = f"row {rowid} of {child} would lose its parent in {parent}, {len(orphans)} such rows"
            raise DatabaseError(reason, check)


class SqliteDatabase:
    """A SQLite file, opened anew for each operation: any thread may use it, and nothing stays open."""

    def __init__(self, path: str, lock_timeout: float) -> None:
        """Remember *path*; the file need not exist yet. *lock_timeout* is in seconds."""
        if path == ":memory:":
            msg = "':memory:' is a new and empty database for every connection: give the path of a file"
            raise ValueError(msg)
        self._path = path
        self._lock_timeout = lock_timeout

    @contextmanager
    def reading(self) -> Iterator[SqliteSession]:
        """Open the file to read; one that does not exist is read as an empty database and not created."""
        with self._open(self._path if Path(self._path).exists() else ":memory:") as session:
            yield session

    @contextmanager
    def migrating(self) -> Iterator[SqliteSession]:
        """Open the file to migrate it, creating it if need be.

        Rebuilding a table drops it first. With foreign keys enforced that would delete its children, and
        inside a transaction they cannot be switched off. So they are off from the start and checked before
        the commit.
        """
        with self._open(self._path) as session:
            session.execute("PRAGMA foreign_keys = OFF")
            yield session

    @contextmanager
    def _open(self, path: str) -> Iterator[SqliteSession]:
        try:
            connection = sqlite3.connect(path, timeout=self._lock_timeout, isolation_level=None)
        except sqlite3.Error as error:
            raise DatabaseError(error, f"open {path}") from error
        # `with connection:` would commit but not close.
        with closing(connection):
            yield SqliteSession(connection)
