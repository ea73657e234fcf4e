"""A PostgreSQL database as the manager sees it: its lock is an advisory lock."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2
from psycopg2.errors import LockNotAvailable
from psycopg2.extensions import connection as Connection  # noqa: N812 - psycopg2 has the class in lower case

from migration_database import DatabaseError, LockWaitError, Row


@contextmanager
def _explained(statement: str) -> Iterator[None]:
    try:
        yield
    except LockNotAvailable as error:
        raise LockWaitError(str(error).strip(), statement) from error
    except psycopg2.Error as error:
        raise DatabaseError(str(error).strip(), statement) from error


class PostgresSession:
    """One connection to the server."""

    placeholder = "%s"

    def __init__(self, connection: Connection) -> None:
        """Use *connection*, which must be in autocommit mode."""
        self._connection = connection

    def execute(self, sql: str, *parameters: object) -> list[Row]:
        """Run one statement and return its rows."""
        with _explained(sql), self._connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def run_script(self, script: str, *, transactional: bool) -> None:
        """Run a script of any number of statements in one round trip.

        PL/pgSQL's EXECUTE takes them all, but no BEGIN, COMMIT or ROLLBACK: the server's own parser decides
        what ends a transaction. Outside a transaction the script goes as it is. It should be one statement,
        because the server puts several into a transaction of their own.
        """
        with _explained(script), self._connection.cursor() as cursor:
            if transactional:
                block = cursor.mogrify("BEGIN EXECUTE %s; END", (script,)).decode()
                cursor.execute("DO %s", (block,))
            else:
                cursor.execute(script)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit at the end of the block, or roll back if it raises."""
        self.execute("BEGIN")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            if not self._connection.closed:
                self.execute("ROLLBACK")
            raise

    def has_table(self, name: str) -> bool:
        """Tell whether the search path leads to a table of this name."""
        return bool(self.execute("SELECT 1 WHERE to_regclass(quote_ident(%s)) IS NOT NULL", name))

    def lock(self, timeout: float) -> None:
        """Wait up to *timeout* seconds for the right to migrate this schema.

        The lock belongs to the connection, not to a transaction: it also covers a step that cannot run in
        one. It ends with the connection, however that ends.
        """
        milliseconds = max(1, round(timeout * 1000))
        self.execute("SELECT set_config('lock_timeout', %s, false)", f"{milliseconds}ms")
        self.execute("SELECT pg_advisory_lock(hashtextextended(current_schema() || '.migrations', 0))")
        self.execute("RESET lock_timeout")


class PostgresDatabase:
    """A PostgreSQL database, connected to anew for each operation."""

    def __init__(self, dsn: str, lock_timeout: float) -> None:
        """Remember *dsn*, a `postgresql://` address. *lock_timeout* is in seconds."""
        self._dsn = dsn
        self._lock_timeout = lock_timeout

    @contextmanager
    def reading(self) -> Iterator[PostgresSession]:
        """Connect, to read."""
        with _explained("connect"):
            connection = psycopg2.connect(self._dsn)
        with closing(connection):
            connection.autocommit = True
            connection.set_client_encoding("UTF8")
            yield PostgresSession(connection)

    @contextmanager
    def migrating(self) -> Iterator[PostgresSession]:
        """Connect, and hold the advisory lock until the connection is closed."""
        with self.reading() as session:
            session.lock(self._lock_timeout)
            yield session
