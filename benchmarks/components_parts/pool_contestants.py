"""The connection pools of 03, each made to give one of two levels of guarantee."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any

from connection_pool import DatabasePool

Loan = AbstractContextManager[Any]
RESET = "DISCARD ALL"


class Reference:
    """The challenge's pool, on psycopg2."""

    driver = "psycopg2"

    def __init__(self, dsn: str, size: int, *, safe: bool) -> None:
        plain = {} if safe else {"check": _nothing, "reset": _nothing}
        self.pool = DatabasePool(size, size, dsn=dsn, timeout=5, **plain)  # type: ignore[arg-type]
        self.close = self.pool.close

    def loan(self, timeout: float = 5) -> Loan:
        """Lend one: committed if the block ends well."""
        return self.pool.get_connection(timeout)


class PsycopgPool:
    """psycopg_pool, on psycopg 3."""

    def __init__(self, dsn: str, size: int, *, safe: bool) -> None:
        from psycopg_pool import ConnectionPool  # noqa: PLC0415 - may be missing

        def reset(connection: Any) -> None:  # noqa: ANN401 - a psycopg connection
            connection.autocommit = True
            connection.execute(RESET)
            connection.autocommit = False

        # Statements it has prepared by itself would be gone after DISCARD ALL without its knowing.
        unprepared = {"prepare_threshold": None}
        safety: dict[str, Any] = {"check": ConnectionPool.check_connection, "reset": reset} if safe else {}
        safety["kwargs"] = unprepared if safe else {}
        self.pool = ConnectionPool(dsn, min_size=size, max_size=size, timeout=5, open=True, **safety)
        self.pool.wait()
        self.close = self.pool.close

    def loan(self, timeout: float = 5) -> Loan:
        """Lend one: committed if the block ends well."""
        return self.pool.connection(timeout)


class QueuePool:
    """SQLAlchemy's QueuePool on psycopg2; the lines for commit and rollback are ours."""

    def __init__(self, dsn: str, size: int, *, safe: bool) -> None:
        from sqlalchemy import create_engine, event  # noqa: PLC0415 - may be missing

        url = dsn.replace("postgresql://", "postgresql+psycopg2://", 1)
        self._engine = create_engine(url, pool_size=size, max_overflow=0, pool_timeout=5, pool_pre_ping=safe)
        if safe:

            def reset(connection: Any, *_: object) -> None:  # noqa: ANN401 - a psycopg2 connection
                connection.rollback()
                connection.autocommit = True
                with connection.cursor() as cursor:
                    cursor.execute(RESET)
                connection.autocommit = False

            event.listen(self._engine, "reset", reset)
        self.close = self._engine.dispose

    @contextmanager
    def loan(self, timeout: float = 5) -> Iterator[Any]:
        """Lend one: committed if the block ends well."""
        self._engine.pool._timeout = timeout  # type: ignore[attr-defined]  # noqa: SLF001 - no argument for it
        with closing(self._engine.raw_connection()) as connection:
            yield connection
            connection.commit()


class Psycopg2Pool:
    """ThreadedConnectionPool, which neither waits nor checks; the lines around it are the usual ones."""

    def __init__(self, dsn: str, size: int, *, safe: bool) -> None:  # noqa: ARG002 - it has only one level
        from psycopg2.pool import ThreadedConnectionPool  # noqa: PLC0415 - beside the others

        self.pool = ThreadedConnectionPool(size, size, dsn)
        self.close = self.pool.closeall

    @contextmanager
    def loan(self, timeout: float = 5) -> Iterator[Any]:  # noqa: ARG002 - it does not wait
        """Lend one: committed if the block ends well."""
        connection = self.pool.getconn()
        try:
            yield connection
            connection.commit()
        finally:
            self.pool.putconn(connection)


def _nothing(_: object) -> None:
    """Check or reset nothing."""


ALL: dict[str, Any] = {
    "reference": Reference,
    "psycopg_pool": PsycopgPool,
    "SQLAlchemy QueuePool": QueuePool,
    "psycopg2 Threaded…": Psycopg2Pool,
}
