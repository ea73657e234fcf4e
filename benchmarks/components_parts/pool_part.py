"""03: lending connections to a real PostgreSQL, beside psycopg_pool, SQLAlchemy's QueuePool and psycopg2's own pool."""

import time
from contextlib import closing
from typing import Any

import psycopg2

from components_parts import pool_contestants
from components_parts.arena import Arena, together, took
from components_parts.contest import REFERENCE, Contest

SIZE, BORROWERS, LOANS = 4, 16, 10
WAITING = (REFERENCE, "psycopg_pool", "SQLAlchemy QueuePool")


class Pair:
    """One kind of pool at both levels."""

    def __init__(self, kind: Any, dsn: str) -> None:  # noqa: ANN401 - any contestant
        self.kind, self.dsn = kind, dsn
        self.plain = kind(dsn, SIZE, safe=False)
        self.safe = kind(dsn, SIZE, safe=True)

    def one(self) -> Any:  # noqa: ANN401 - any contestant
        """A safe pool of a single connection, for the faults."""
        return closing(self.kind(self.dsn, 1, safe=True))


def contest(arena: Arena, runs: int) -> Contest[Pair]:
    """Time and provoke."""
    dsn = arena.database("pools")
    result: Contest[Pair] = Contest(
        "03 connection pool",
        {name: lambda kind=kind: Pair(kind, dsn) for name, kind in pool_contestants.ALL.items()},  # type: ignore[misc]
    )
    result.row("borrow, return: no check, rolled back only", 100, lambda pair: _borrow(pair.plain, 100))
    result.row("borrow, return: pinged before, DISCARD ALL after", 50, lambda pair: _borrow(pair.safe, 50), who=WAITING)
    result.row(
        "borrow, SELECT, commit, return: pinged, DISCARD ALL", 50, lambda pair: _select(pair.safe, 50), who=WAITING
    )
    result.row(
        "16 threads, 4 connections, 1 ms each, in order: no check",
        BORROWERS * LOANS,
        lambda pair: together(BORROWERS, lambda _: _hold(pair.plain)),
        who=WAITING,
    )
    result.race(runs)
    result.fault("5 idle connections ended by the server: failed queries", _ended)
    result.fault("returned in a failed transaction: next borrower", _failed)
    result.fault("left behind for the next: SET, autocommit, advisory lock", _left_behind)
    result.fault("all lent, 200 ms to wait", _exhausted)
    result.fault("server ends it in the block, which notices nothing", _lost_slot)
    result.fault("server ends it, the block raises ValueError", _masked)
    result.fault("INSERT and a good end: rows kept", _kept)
    for pair in result.contestants.values():
        pair.plain.close()
        pair.safe.close()
    result.notes.append("psycopg_pool is on psycopg 3, the others on psycopg2; the faults meet the safe level")
    return result


def _borrow(pool: Any, count: int) -> None:  # noqa: ANN401 - any contestant
    for _ in range(count):
        with pool.loan():
            pass


def _query(connection: Any, sql: str) -> list[Any]:  # noqa: ANN401 - of any driver
    with closing(connection.cursor()) as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall()) if cursor.description else []


def _select(pool: Any, count: int) -> None:  # noqa: ANN401 - any contestant
    for _ in range(count):
        with pool.loan() as connection:
            _query(connection, "SELECT 1")


def _hold(pool: Any) -> None:  # noqa: ANN401 - any contestant
    for _ in range(LOANS):
        with pool.loan():
            time.sleep(0.001)


def _end_all(dsn: str) -> None:
    """Have the server end every other session of the database."""
    connection = psycopg2.connect(dsn)
    connection.autocommit = True
    sql = "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE datname = current_database()"
    _query(connection, f"{sql} AND pid <> pg_backend_pid() AND backend_type = 'client backend'")
    connection.close()


def _ended(pair: Pair) -> str:
    with closing(pair.kind(pair.dsn, 5, safe=True)) as pool:
        _select(pool, 1)
        _end_all(pair.dsn)
        failed = [end for _ in range(5) if (end := took(lambda: _select(pool, 1))[1]) != "None"]
    return f"{len(failed)} of 5" + (f", {failed[0]}" if failed else "")


def _failed(pair: Pair) -> str:
    with pair.one() as pool:
        took(lambda: _broken(pool))
        return "works" if took(lambda: _select(pool, 1))[1] == "None" else "fails"


def _broken(pool: Any) -> None:  # noqa: ANN401 - any contestant
    with pool.loan() as connection:
        _query(connection, "SELECT 1 / 0")


def _left_behind(pair: Pair) -> str:
    with pair.one() as pool:
        with pool.loan() as connection:
            _query(connection, "SET work_mem = '1234kB'")
            _query(connection, "SELECT pg_advisory_lock(4711)")
            connection.commit()
            getattr(connection, "driver_connection", connection).autocommit = True
        with pool.loan() as connection:
            raw = getattr(connection, "driver_connection", connection)
            leaks = [
                _query(connection, "SHOW work_mem")[0][0] == "1234kB",
                bool(raw.autocommit),
                _query(connection, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")[0][0] > 0,
            ]
    return f"{sum(leaks)} of 3"


def _exhausted(pair: Pair) -> str:
    with pair.one() as pool, pool.loan():
        ms, error = took(lambda: _borrow_within(pool, 0.2))
    return f"{error}, {ms:.0f} ms"


def _borrow_within(pool: Any, timeout: float) -> None:  # noqa: ANN401 - any contestant
    with pool.loan(timeout):
        pass


def _lost_slot(pair: Pair) -> str:
    with pair.one() as pool:
        took(lambda: _end_inside(pair, pool, None))
        _, end = took(lambda: _select(pool, 1))
    return "next one works" if end == "None" else f"next one: {end}"


def _masked(pair: Pair) -> str:
    with pair.one() as pool:
        _, end = took(lambda: _end_inside(pair, pool, ValueError("the caller's own")))
    return f"caller gets {end}"


def _end_inside(pair: Pair, pool: Any, error: Exception | None) -> None:  # noqa: ANN401 - any contestant
    with pool.loan() as connection:
        _query(connection, "SELECT 1")
        _end_all(pair.dsn)
        if error is not None:
            raise error


def _kept(pair: Pair) -> str:
    with pair.one() as pool:
        with pool.loan() as connection:
            _query(connection, "CREATE TABLE IF NOT EXISTS kept (n int)")
            _query(connection, "TRUNCATE kept")
        with pool.loan() as connection:
            _query(connection, "INSERT INTO kept VALUES (1)")
        with pool.loan() as connection:
            rows = _query(connection, "SELECT n FROM kept")
    return f"{len(rows)} of 1"
