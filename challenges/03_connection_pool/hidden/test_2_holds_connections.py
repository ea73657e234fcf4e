"""Tier 2 of the connection pool: dead connections, broken ones, and what a borrower leaves behind."""

from contextlib import suppress
from random import Random
from typing import Any

import psycopg2
from psycopg2.extensions import make_dsn

from grader.testing import CheckFailed, Handle, PostgresWitness, check, expect, fail
from pool_calls import Connection, borrow, execute, lend, no_timeout, witness_of
from pool_stand_ins import Connection as StandIn
from pool_stand_ins import Server

DEAD = "server closed the connection unexpectedly"
KILL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"
LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s"


@check(tier=2, section="§9")
def test_dead_idle_connections_are_replaced(subject: Handle, postgres: PostgresWitness, rng: Random) -> None:
    """After the server has ended all idle connections, the next queries work as if nothing had happened."""
    name = f"pool_{rng.getrandbits(60):x}"
    with witness_of(postgres) as witness:
        pool = subject.DatabasePool(1, 3, dsn=make_dsn(postgres.dsn, application_name=name))
        with lend(pool), lend(pool):
            pass
        witness.ask(KILL, (name,))
        for which in ("first", "second"):
            try:
                rows = pool.execute_query("SELECT 1")
            except Exception as error:  # noqa: BLE001 - whatever came, came from a dead connection
                fail(
                    f"the {which} query after the idle connections had died raised an error",
                    expected="[(1,)]",
                    got=str(error),
                    because="psycopg2 does not notice that a connection died: try it out before you lend it, "
                    "and go on to the next when it fails",
                )
            expect(rows, f"the {which} query after the idle connections had died").equals([(1,)])


@check(tier=2, section="§9")
def test_check_decides_whether_a_connection_lives(subject: Handle) -> None:
    """An idle connection for which check raises is closed, and another one is lent."""
    server = Server()
    dead: list[StandIn] = []

    def check_it(connection: StandIn) -> None:
        if any(connection is each for each in dead):
            raise psycopg2.OperationalError(DEAD)

    pool = subject.DatabasePool(0, 2, connect=server.connect, check=check_it, timeout=2)
    with lend(pool), lend(pool):
        pass
    dead += server.connections
    message = "the error of check reached the caller"
    try:
        with (
            no_timeout("a caller timed out although both idle connections were dead", "their places are free"),
            lend(pool) as first,
            lend(pool) as second,
        ):
            lent_dead = [each for each in (first, second) if each in dead]
    except CheckFailed:
        raise
    except Exception as error:
        if DEAD not in str(error):
            raise
        because = "a check that fails is no news for the caller: close the connection and take the next one"
        fail(message, expected="a connection that lives", got=str(error), because=because)
    because = "check(connection) raised for it: nobody asked it, or nobody listened"
    expect(len(lent_dead), "number of connections that were lent although check raises for them").equals(
        0, because=because
    )
    left_open = [number for number, each in enumerate(dead) if not each.closed]
    because = "a dead connection still costs a socket here and perhaps a process there: close it"
    expect(left_open, "the dead connections that were not closed").equals([], because=because)


@check(tier=2, section="§9")
def test_check_leaves_no_transaction(subject: Handle) -> None:
    """A connection that was tried out is lent outside of any transaction."""

    def check_it(connection: StandIn) -> None:
        connection.cursor().execute("SELECT 'still there'")

    for how, options in (("without check=", {}), ("with a check= that sends a query", {"check": check_it})):
        server = Server()
        pool = subject.DatabasePool(0, 1, connect=server.connect, timeout=2, **options)
        borrow(pool)
        with lend(pool):
            status = server.connections[-1].get_transaction_status()
            autocommit = server.connections[-1].autocommit
        because = "psycopg2 begins a transaction for the query of a check as well: roll back afterwards"
        expect(status, f"get_transaction_status() of a connection lent again, {how},").equals(0, because=because)
        because = "autocommit was switched on for the check, and not off again"
        expect(autocommit, f"autocommit of a connection lent again, {how},").is_false(because=because)


@check(tier=2, section="§9")
def test_closed_connection_is_not_lent_again(subject: Handle) -> None:
    """A connection that its block closed is not lent again, and its place is free."""
    server = Server()
    pool = subject.DatabasePool(0, 1, connect=server.connect, timeout=2, check=lambda _: None)
    with suppress(ValueError), lend(pool) as connection:
        connection.close()
        raise ValueError("no such user")
    _expect_another(pool, "a block that closed its connection")


@check(tier=2, section="§9")
def test_broken_connection_is_not_lent_again(subject: Handle) -> None:
    """A connection whose rollback fails is closed and not lent again."""
    server = Server()
    pool = subject.DatabasePool(0, 1, connect=server.connect, timeout=2, check=lambda _: None)
    with suppress(ValueError, Exception), lend(pool) as connection:
        execute(connection, "UPDATE a")
        connection.broken = True
        raise ValueError("no such user")
    _expect_another(pool, "a block whose rollback failed")
    because = "who cannot roll back is broken; close() it, or its socket stays open for ever"
    expect(bool(server.connections[0].closed), "whether the broken connection was closed").is_true(because=because)


@check(tier=2, section="§10")
def test_session_is_wiped(subject: Handle, postgres: PostgresWitness, rng: Random) -> None:
    """Settings, advisory locks and temporary tables of one borrower are gone for the next."""
    key = rng.randrange(2**30)
    with witness_of(postgres) as witness:
        pool = subject.DatabasePool(1, 1, dsn=postgres.dsn)
        with lend(pool) as connection:
            execute(connection, "SET statement_timeout = '77s'")
            execute(connection, "SELECT pg_advisory_lock(%s)", (key,))
            execute(connection, "CREATE TEMPORARY TABLE basket (item text)")
        because = "a commit keeps what belongs to the session; DISCARD ALL, or connection.reset(), wipes it"
        locks = witness.ask(LOCKS, (key,))[0][0]
        expect(locks, "number of advisory locks held after the block that took one").equals(0, because=because)
        with lend(pool) as connection:
            seen = {
                "statement_timeout": _ask(connection, "SHOW statement_timeout"),
                "temporary table": _ask(connection, "SELECT to_regclass('pg_temp.basket')::text"),
            }
    expect(seen, "what the next borrower finds").equals(
        {"statement_timeout": "0", "temporary table": None}, because=because
    )


@check(tier=2, section="§10")
def test_autocommit_is_off_again(subject: Handle) -> None:
    """Autocommit that one borrower switched on is off for the next."""
    server = Server()
    pool = subject.DatabasePool(0, 1, connect=server.connect)
    with lend(pool) as connection:
        connection.autocommit = True
        execute(connection, "UPDATE a")
    with lend(pool) as connection:
        autocommit = connection.autocommit
    because = "it belongs to the connection, not to the block: connection.reset() switches it off as well"
    expect(autocommit, "autocommit of the connection that the next borrower got").is_false(because=because)


@check(tier=2, section="§10")
def test_reset_is_called_on_return(subject: Handle) -> None:
    """Reset gets each connection that comes back, outside of any transaction, before it is lent again."""
    server = Server()
    states: list[int] = []

    def reset(connection: StandIn) -> None:
        states.append(connection.get_transaction_status())

    pool = subject.DatabasePool(0, 1, connect=server.connect, reset=reset, timeout=2)
    borrow(pool)
    with suppress(ValueError), lend(pool) as connection:
        execute(connection, "UPDATE a")
        raise ValueError("no such user")
    with lend(pool):
        calls = list(states)
    expect(len(calls), "number of calls of reset for two loans, before a third one").at_least(
        1, because="each connection that comes back is made as good as new, before it is lent again"
    )
    expect(calls, "get_transaction_status() of the connections that reset got").satisfies(
        not any(calls),
        "0 each time: idle",
        because="roll back what is still open, then reset: DISCARD ALL is not allowed in a transaction",
    )


@check(tier=2, section="§10")
def test_failed_reset_means_broken(subject: Handle) -> None:
    """A connection whose reset raises, or leaves a transaction open, is closed and not lent again."""

    def raising(_: StandIn) -> None:
        raise psycopg2.OperationalError(DEAD)

    def beginning(connection: StandIn) -> None:
        connection.cursor().execute("DISCARD TEMP")

    for reset, what in ((raising, "raised"), (beginning, "left a transaction open")):
        server = Server()
        pool = subject.DatabasePool(0, 1, connect=server.connect, reset=reset, timeout=2)
        for _ in range(2):
            with no_timeout(f"nothing could be lent after a reset that {what}", "its place is free"):
                borrow(pool)
        because = f"its reset {what}: nobody knows what is left in its session, so it is closed"
        expect(len(server.connections), f"number of connections opened for two loans, each reset {what},").at_least(
            2, because=because
        )
        expect(bool(server.connections[0].closed), f"whether the connection whose reset {what} was closed").is_true(
            because=because
        )


def _expect_another(pool: Handle, after: str) -> None:
    __tracebackhide__ = True
    because = "its place must be free at once, whatever went wrong on the way back"
    with no_timeout(f"nothing could be lent after {after}", because), lend(pool) as connection:
        if connection.closed or connection.broken:
            fail(
                f"after {after}, the same connection was lent again",
                expected="a new connection",
                got="the broken one",
                because="look at a connection before you put it back: when the rollback fails, close it",
            )


def _ask(connection: Connection, sql: str) -> Any:  # noqa: ANN401 - one value of the database
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]
