"""The two databases: how each locks, runs a script, and says what went wrong."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2

from sound.model import MigrationError, MigrationLocked


class Database:
    """What both have in common."""

    errors: type[Exception] = Exception

    def __init__(self, path: str, timeout: float) -> None:
        self.path = path
        self.timeout = timeout
        self.statement = ""

    def close(self) -> None:
        """Nothing stays open."""

    @contextmanager
    def explained(self, what: str) -> Iterator[None]:
        """Say which migration it was, which statement, and what the database said."""
        try:
            yield
        except self.errors as error:
            raise self.failure(what, error) from error

    def failure(self, what: str, error: Exception) -> MigrationError:
        return MigrationError(f"{what} failed: {str(error).strip()}, in: {self.statement}")

    @contextmanager
    def transaction(self, connection: Any) -> Iterator[None]:
        """Commit at the end, or roll back."""
        self.begin(connection)
        try:
            with self.explained("the history"):
                yield
                self.commit(connection)
        except BaseException:
            self.rollback(connection)
            raise

    def begin(self, connection: Any) -> None:
        raise NotImplementedError

    def commit(self, connection: Any) -> None:
        self.execute(connection, "COMMIT")

    def rollback(self, connection: Any) -> None:
        connection.rollback()

    def execute(self, connection: Any, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        raise NotImplementedError

    def run(self, connection: Any, script: str, *, transactional: bool) -> None:
        raise NotImplementedError

    def has_table(self, connection: Any, name: str) -> bool:
        raise NotImplementedError

    def reading(self) -> Any:
        raise NotImplementedError

    def migrating(self) -> Any:
        raise NotImplementedError


class Sqlite(Database):
    """A SQLite file, opened anew for each call."""

    errors = sqlite3.Error

    def connect(self, path: str) -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=self.timeout, isolation_level=None)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Open it to read; a file that is not there is empty."""
        with closing(self.connect(self.path if Path(self.path).exists() else ":memory:")) as connection:
            yield connection

    @contextmanager
    def migrating(self) -> Iterator[sqlite3.Connection]:
        """Open it to write, without the cascades of foreign keys."""
        with closing(self.connect(self.path)) as connection:
            connection.execute("PRAGMA foreign_keys = OFF")
            yield connection

    def begin(self, connection: sqlite3.Connection) -> None:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise MigrationLocked("another one migrates") from error

    def execute(self, connection: sqlite3.Connection, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        return connection.execute(sql, parameters).fetchall()

    def has_table(self, connection: sqlite3.Connection, name: str) -> bool:
        return bool(self.execute(connection, "SELECT 1 FROM sqlite_master WHERE name = ?", name))

    def run(self, connection: sqlite3.Connection, script: str, *, transactional: bool) -> None:
        try:
            if transactional:
                connection.set_authorizer(self.guard)
            for self.statement in self.statements(script):
                connection.execute(self.statement).fetchall()
        finally:
            connection.set_authorizer(None)
        if transactional:
            self.look_for_orphans(connection)

    @staticmethod
    def guard(action: int, *_details: str | None) -> int:
        """Refuse what would end the transaction."""
        return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_TRANSACTION else sqlite3.SQLITE_OK

    def statements(self, script: str) -> Iterator[str]:
        """Cut a script where SQLite says that a statement ends."""
        start = 0
        for semicolon in re.finditer(";", script):
            if sqlite3.complete_statement(script[start : semicolon.end()]):
                yield script[start : semicolon.end()]
                start = semicolon.end()
        yield script[start:]

    def look_for_orphans(self, connection: sqlite3.Connection) -> None:
        self.statement = "PRAGMA foreign_key_check"
        if orphans := connection.execute(self.statement).fetchall():
            raise sqlite3.IntegrityError(f"rows of {orphans[0][0]} point to nothing")


class Postgres(Database):
    """A PostgreSQL database, under an advisory lock."""

    errors = psycopg2.Error

    @contextmanager
    def reading(self) -> Iterator[Any]:
        with closing(psycopg2.connect(self.path)) as connection:
            connection.autocommit = True
            yield connection

    @contextmanager
    def migrating(self) -> Iterator[Any]:
        with self.reading() as connection:
            self.lock(connection)
            yield connection

    def lock(self, connection: Any) -> None:
        self.execute(connection, "SELECT set_config('lock_timeout', ?, false)", f"{int(self.timeout * 1000)}ms")
        try:
            self.execute(connection, "SELECT pg_advisory_lock(hashtext(current_schema()))")
        except psycopg2.errors.LockNotAvailable as error:
            raise MigrationLocked("another one migrates") from error
        self.execute(connection, "RESET lock_timeout")

    def begin(self, connection: Any) -> None:
        self.execute(connection, "BEGIN")

    def rollback(self, connection: Any) -> None:
        if not connection.closed:
            self.execute(connection, "ROLLBACK")

    def execute(self, connection: Any, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql.replace("?", "%s"), parameters or None)
            return list(cursor.fetchall()) if cursor.description else []

    def has_table(self, connection: Any, name: str) -> bool:
        return bool(self.execute(connection, "SELECT 1 WHERE to_regclass(quote_ident(?)) IS NOT NULL", name))

    def run(self, connection: Any, script: str, *, transactional: bool) -> None:
        self.statement = script
        with connection.cursor() as cursor:
            if transactional:  # EXECUTE takes any number of statements, but none that ends the transaction
                block = cursor.mogrify("BEGIN EXECUTE %s; END", (script,)).decode()
                cursor.execute("DO %s", (block,))
            else:
                cursor.execute(script)
