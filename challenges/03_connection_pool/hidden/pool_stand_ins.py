"""Stand-ins for a PostgreSQL server and psycopg2's connection and cursor, which remember what happened."""
# ruff: noqa: D102 - what the methods do is said in psycopg2's documentation

from typing import Self

import psycopg2

from grader.testing import exported

NO_SUCH_TABLE = "SELECT * FROM nowhere"
"""The one query that fails, as a query on a table that is not there."""
WRITES = ("INSERT", "UPDATE", "DELETE", "CREATE")


class Server:
    """A stand-in for a database server: its connections, and the writes that were committed."""

    def __init__(self) -> None:
        self.connections: list[Connection] = []
        self.committed: list[str] = []
        self.rows: dict[str, list[tuple[object, ...]]] = {}
        self.refused = 0
        self.refuse_commit = False  # as a deferred constraint does that the writes do not keep
        self.refuse_connect_after: int | None = None

    def connect(self) -> "Connection":
        if len(self.connections) == self.refuse_connect_after:
            raise psycopg2.OperationalError("sorry, too many clients already")
        self.connections.append(Connection(self))
        return self.connections[-1]

    def open(self) -> int:
        return sum(not connection.closed for connection in self.connections)

    def ran(self, sql: str) -> list[int]:
        """Return the numbers of the connections that executed *sql*."""
        return [number for number, each in enumerate(self.connections) if sql in each.statements]


@exported(properties=("transaction_status", "status", "backend_pid"))
class Info:
    """A stand-in for psycopg2's `ConnectionInfo`."""

    def __init__(self, connection: "Connection") -> None:
        self.connection = connection
        self.backend_pid = 4711

    @property
    def transaction_status(self) -> int:
        return self.connection.get_transaction_status()

    @property
    def status(self) -> int:
        return int(bool(self.connection.closed))


@exported(
    methods=("cursor", "commit", "rollback", "close", "reset", "cancel", "get_transaction_status",
             "get_backend_pid", "set_session", "set_isolation_level", "__enter__", "__exit__"),
    properties=("closed", "status", "info"),
    settable=("autocommit",),
)  # fmt: skip
class Connection:
    """A stand-in for psycopg2's connection, with PostgreSQL's rules for transactions."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.closed = 0
        self.broken = False  # as after a restart of the server: `closed` stays 0, and nothing works any more
        self.refuse_close = False
        self.statements: list[str] = []
        self.info = Info(self)
        self._autocommit = False
        self._end()

    def _end(self) -> None:
        self._begun = self._failed = False
        self._pending: list[str] = []

    def _require_open(self) -> None:
        if self.closed:
            raise psycopg2.InterfaceError("connection already closed")
        if self.broken:
            raise psycopg2.OperationalError("server closed the connection unexpectedly")

    def execute(self, sql: str) -> None:
        self._require_open()
        self.statements.append(sql)
        word = sql.split(maxsplit=1)[0].upper().rstrip(";") if sql.strip() else ""
        if word in {"COMMIT", "END"}:
            return self.commit()
        if word in {"ROLLBACK", "ABORT"}:
            return self.rollback()
        if self._failed:
            raise psycopg2.InternalError("current transaction is aborted, commands ignored until it ends")
        self._begun |= not self._autocommit or word in {"BEGIN", "START"}
        if sql == NO_SUCH_TABLE:
            self._failed = self._begun
            raise psycopg2.ProgrammingError('relation "nowhere" does not exist')
        if word in WRITES:
            self._pending.append(sql)
        return None if self._begun else self.commit()

    def commit(self) -> None:
        self._require_open()
        pending = [] if self._failed else self._pending
        self._end()
        if pending and self.server.refuse_commit:
            self.server.refused += 1
            raise psycopg2.IntegrityError("a deferred constraint is violated")
        self.server.committed += pending

    def rollback(self) -> None:
        self._require_open()
        self._end()

    def reset(self) -> None:
        self.rollback()
        self._autocommit = False

    def close(self) -> None:
        self.closed = 1
        self._end()
        if self.refuse_close:
            raise psycopg2.InterfaceError("the socket is gone")

    def cancel(self) -> None:
        self._require_open()

    def cursor(self, *_: object, **__: object) -> "Cursor":
        self._require_open()
        return Cursor(self)

    @property
    def autocommit(self) -> bool:
        return self._autocommit

    @autocommit.setter
    def autocommit(self, value: bool) -> None:
        if self._begun:
            raise psycopg2.ProgrammingError("set_session cannot be used inside a transaction")
        self._autocommit = value

    def set_session(self, *_: object, autocommit: bool | None = None, **__: object) -> None:
        self.autocommit = self._autocommit if autocommit is None else autocommit

    def set_isolation_level(self, level: int | None) -> None:
        self.autocommit = level == 0

    @property
    def status(self) -> int:
        return 2 if self._begun else 1

    def get_transaction_status(self) -> int:
        return 4 if self.closed or self.broken else 3 if self._failed else 2 if self._begun else 0

    def get_backend_pid(self) -> int:
        return 4711

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        (self.commit if kind is None else self.rollback)()


@exported(
    methods=("execute", "fetchone", "fetchall", "fetchmany", "close",
             "__enter__", "__exit__", "__iter__", "__next__"),
    properties=("description", "rowcount", "closed", "statusmessage"),
)  # fmt: skip
class Cursor:
    """A stand-in for psycopg2's cursor: SELECT and what is RETURNING have rows, others have none."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.closed = False
        self.description: list[tuple[object, ...]] | None = None
        self.statusmessage = ""
        self._rows: list[tuple[object, ...]] = []

    def execute(self, sql: str, _params: object = None) -> None:
        self.description, self._rows = None, []
        self.connection.execute(sql)
        self.statusmessage = sql.split(maxsplit=1)[0] if sql.strip() else ""
        if sql.upper().startswith("SELECT") or "RETURNING" in sql.upper():
            self.description = [("value", 23, None, 4, None, None, None)]
            self._rows = list(self.connection.server.rows.get(sql, [(1,)]))

    @property
    def rowcount(self) -> int:
        return len(self._rows) if self.description else 1

    def fetchmany(self, size: int = 1) -> list[tuple[object, ...]]:
        if self.description is None:
            raise psycopg2.ProgrammingError("no results to fetch")
        taken, self._rows = self._rows[:size], self._rows[size:]
        return taken

    def fetchall(self) -> list[tuple[object, ...]]:
        return self.fetchmany(len(self._rows))

    def fetchone(self) -> tuple[object, ...] | None:
        return next(iter(self.fetchmany()), None)

    def close(self) -> None:
        self.closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[object, ...]:
        row = self.fetchone()
        if row is None:
            raise StopIteration
        return row
