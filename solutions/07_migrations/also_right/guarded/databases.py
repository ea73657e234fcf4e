"""The two databases: how each is guarded, and how it runs a script."""

import fcntl
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg2
from guarded.model import MigrationLocked
from psycopg2 import errors


class Sqlite:
    """A SQLite file."""

    begin, errors, mark = "BEGIN IMMEDIATE", sqlite3.Error, "?"

    def __init__(self, path: str, timeout: float) -> None:
        self._path, self._timeout = path, timeout

    def connect(self) -> sqlite3.Connection:
        """Open it; the caller closes it."""
        return sqlite3.connect(self._path, timeout=self._timeout, isolation_level=None)

    def looking(self) -> sqlite3.Connection:
        """Open it if it is there; an empty database otherwise."""
        return self.connect() if Path(self._path).exists() else sqlite3.connect(":memory:")

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Hold the lock on a file beside the database; the system lets go of it if the process dies."""
        give_up = time.monotonic() + self._timeout
        with Path(self._path + ".guard").open("w") as file:
            while True:
                with suppress(BlockingIOError):
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                if time.monotonic() > give_up:
                    raise MigrationLocked(f"another program has migrated for {self._timeout} seconds")
                time.sleep(0.01)
            yield

    def has_table(self, connection: Any, name: str) -> bool:  # noqa: ANN401
        """Tell whether there is a table of this name."""
        return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchall())

    def run(self, connection: Any, script: str, *, transactional: bool) -> None:  # noqa: ANN401
        """Run each statement; inside a transaction, none may end it, and none may leave an orphan."""

        def allowed(action: int, *_: object) -> int:
            return sqlite3.SQLITE_DENY if transactional and action == sqlite3.SQLITE_TRANSACTION else sqlite3.SQLITE_OK

        connection.set_authorizer(allowed)
        try:
            statement = ""
            for piece in re.split("(?<=;)", script):
                statement += piece
                if sqlite3.complete_statement(statement):
                    connection.execute(statement)
                    statement = ""
            connection.execute(statement)
        finally:
            connection.set_authorizer(None)
        if transactional and (orphans := connection.execute("PRAGMA foreign_key_check").fetchall()):
            raise sqlite3.IntegrityError(f"{len(orphans)} rows, the first in {orphans[0][0]}, point to nothing")


class Postgres:
    """A PostgreSQL database."""

    begin, errors, mark = "BEGIN", psycopg2.Error, "%s"

    def __init__(self, dsn: str, timeout: float) -> None:
        self._dsn, self._timeout = dsn, timeout

    def connect(self) -> Any:  # noqa: ANN401
        """Open a session in autocommit mode."""
        connection = psycopg2.connect(self._dsn)
        connection.autocommit = True
        return connection

    looking = connect

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Hold the only row of a table of locks, in a session of its own."""
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            # Two that make the table at once: one of them fails, and finds it there the next time.
            for _ in range(3):
                with suppress(errors.UniqueViolation, errors.DuplicateTable):
                    cursor.execute("CREATE TABLE IF NOT EXISTS migration_guard (id INT PRIMARY KEY)")
                    break
            cursor.execute("INSERT INTO migration_guard VALUES (1) ON CONFLICT DO NOTHING")
            cursor.execute(f"BEGIN; SET LOCAL lock_timeout = {max(1, int(self._timeout * 1000))}")
            try:
                cursor.execute("SELECT id FROM migration_guard FOR UPDATE")
            except errors.LockNotAvailable as error:
                raise MigrationLocked(f"another program has migrated for {self._timeout} seconds") from error
            yield

    def has_table(self, connection: Any, name: str) -> bool:  # noqa: ANN401
        """Tell whether the search path leads to such a table."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(quote_ident(%s)) IS NOT NULL", (name,))
            return bool(cursor.fetchone()[0])

    def run(self, connection: Any, script: str, *, transactional: bool) -> None:  # noqa: ANN401
        """Run the script; inside a transaction through EXECUTE, which refuses what would end it."""
        with connection.cursor() as cursor:
            if transactional:
                cursor.execute("SELECT set_config('migrations.script', %s, true)", (script,))
                script = "DO $$ BEGIN EXECUTE current_setting('migrations.script'); END $$"
            cursor.execute(script)
