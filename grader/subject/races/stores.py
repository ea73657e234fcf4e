"""Stores that take part in turn-taking: SQLite waits by giving its turn away, a plain pipeline can be cut apart."""

import contextlib
import re
import sqlite3
import time
from collections.abc import Callable
from typing import Any, Literal

from grader.subject.races.turns import active

_real_connect = sqlite3.connect
_real_sleep = time.sleep
_real_monotonic = time.monotonic
_BUSY = re.compile(r"\s*pragma\s+busy_timeout\s*=\s*(\d+)", re.IGNORECASE)
_SNAPSHOT_TOO_OLD = 517
"""SQLITE_BUSY_SNAPSHOT: no waiting helps."""


def install() -> None:
    """Patch sqlite3, and redis when it is there."""
    for module in (sqlite3, sqlite3.dbapi2):
        vars(module)["connect"] = connect
    with contextlib.suppress(ImportError):
        _patch_pipeline()


class Cursor(sqlite3.Cursor):
    """A cursor whose statements wait for the database by turns."""

    def execute(self, statement: str, *parameters: Any) -> "Cursor":  # noqa: ANN401
        """As `sqlite3.Cursor.execute`; ``PRAGMA busy_timeout`` is understood and kept from SQLite."""
        busy = _BUSY.match(statement)
        if busy:
            self.connection.patience = int(busy[1]) / 1000  # type: ignore[attr-defined]
            statement, parameters = "SELECT 1", ()
        return _patiently(self.connection, super().execute, statement, *parameters)  # type: ignore[no-any-return]

    def executemany(self, *arguments: Any) -> "Cursor":  # noqa: ANN401
        """As `sqlite3.Cursor.executemany`."""
        return _patiently(self.connection, super().executemany, *arguments)  # type: ignore[no-any-return]

    def executescript(self, *arguments: Any) -> "Cursor":  # noqa: ANN401
        """As `sqlite3.Cursor.executescript`."""
        return _patiently(self.connection, super().executescript, *arguments)  # type: ignore[no-any-return]


class Connection(sqlite3.Connection):
    """A connection that never waits inside SQLite, where nobody could give a turn away."""

    patience = 5.0

    def cursor(self, factory: Any = Cursor) -> Any:  # noqa: ANN401
        """As `sqlite3.Connection.cursor`."""
        return super().cursor(factory)

    def execute(self, *arguments: Any) -> Any:  # noqa: ANN401
        """As `sqlite3.Connection.execute`."""
        return self.cursor().execute(*arguments)

    def executemany(self, *arguments: Any) -> Any:  # noqa: ANN401
        """As `sqlite3.Connection.executemany`."""
        return self.cursor().executemany(*arguments)

    def executescript(self, *arguments: Any) -> Any:  # noqa: ANN401
        """As `sqlite3.Connection.executescript`."""
        return self.cursor().executescript(*arguments)

    def commit(self) -> None:
        """As `sqlite3.Connection.commit`."""
        _patiently(self, super().commit)

    def rollback(self) -> None:
        """As `sqlite3.Connection.rollback`; others may try again."""
        super().rollback()
        _wake()

    def close(self) -> None:
        """As `sqlite3.Connection.close`; others may try again."""
        super().close()
        _wake()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> Literal[False]:
        if kind is not None:
            self.rollback()
            return False
        try:
            self.commit()
        except BaseException:
            self.rollback()
            raise
        return False


def connect(database: Any, timeout: float = 5.0, *more: Any, **options: Any) -> sqlite3.Connection:  # noqa: ANN401
    """As `sqlite3.connect`, with the waiting done by turns."""
    options.setdefault("factory", Connection)
    connection: sqlite3.Connection = _real_connect(database, 0, *more, **options)
    if isinstance(connection, Connection):
        connection.patience = float(timeout)
    return connection


def _patiently(connection: Any, call: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401
    here = active()
    start = here[0].now if here else _real_monotonic()
    while True:
        try:
            result = call(*arguments)
        except sqlite3.OperationalError as error:
            if not _can_wait(error) or connection.patience <= 0:
                raise
            if here is not None:
                here[0].block(here[1], sqlite3, start + connection.patience)
                if here[1].timed_out:
                    raise
            elif _real_monotonic() > start + connection.patience:
                raise
            else:
                _real_sleep(0.002)
            continue
        _wake()
        return result


def _can_wait(error: sqlite3.OperationalError) -> bool:
    busy = "locked" in str(error) or "busy" in str(error)
    return busy and error.sqlite_errorcode != _SNAPSHOT_TOO_OLD


def _wake() -> None:
    here = active()
    if here is not None:
        here[0].wake(sqlite3)


def _patch_pipeline() -> None:
    """Send a pipeline that is no transaction one command at a time, a hand-over between: what other clients may see."""
    from redis import client  # noqa: PLC0415 - only where redis is installed
    from redis.exceptions import ResponseError  # noqa: PLC0415

    def one_by_one(self: Any, connection: Any, commands: Any, raise_on_error: Any) -> list[Any]:  # noqa: ANN401
        here = active()
        responses: list[Any] = []
        for number, (arguments, options) in enumerate(commands):
            if number and here is not None:
                here[0].point(here[1])
            connection.send_packed_command(connection.pack_command(*arguments))
            try:
                responses.append(self.parse_response(connection, arguments[0], **options))
            except ResponseError as error:
                responses.append(error)
        if raise_on_error:
            self.raise_first_error(commands, responses)
        return responses

    client.Pipeline._execute_pipeline = one_by_one  # type: ignore[method-assign]  # noqa: SLF001
