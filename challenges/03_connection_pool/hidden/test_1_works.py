"""Tier 1 of the connection pool: lending, reuse, waiting, transactions, queries, statistics."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from random import Random
from typing import Any, TypeAlias

import pytest
from psycopg2.extensions import make_dsn

from grader.testing import Handle, PostgresWitness, check, expect, member, raises
from pool_stand_ins import NO_SUCH_TABLE, Server

Connection: TypeAlias = Any  # psycopg2's own, behind a handle, or the stand-in
InBackground: TypeAlias = Callable[..., Future[bool]]

LONG = 60
"""Seconds, where a right pool never needs them all: opening a connection may take a moment."""
HOLDERS_OF_LOCKS = """
    SELECT pg_terminate_backend(held.pid) FROM pg_locks held JOIN pg_class ON pg_class.oid = held.relation
    WHERE pg_class.relnamespace = current_schema()::regnamespace AND held.pid <> pg_backend_pid()"""


class Witness:
    """The judge's own session on the real server."""

    def __init__(self, postgres: PostgresWitness) -> None:
        self.session = postgres.connect()

    def ask(self, sql: str, params: tuple[object, ...] | None = None) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""
        with self.session.cursor() as cursor:
            cursor.execute(sql, params)
            return list(cursor.fetchall()) if cursor.description else []


@pytest.fixture
def witness(postgres: PostgresWitness) -> Iterator[Witness]:
    """Afterwards ends sessions left in a transaction: they would keep the schema from being dropped."""
    witness = Witness(postgres)
    yield witness
    witness.ask(HOLDERS_OF_LOCKS)
    witness.session.close()


def execute(connection: Connection, sql: str, params: tuple[object, ...] | None = None) -> None:
    """Run a statement on a connection that was lent."""
    cursor = connection.cursor()
    cursor.execute(sql, params)
    cursor.close()


@check(tier=1, section="§1")
def test_two_blocks_never_share_a_connection(subject: Handle) -> None:
    """Two blocks that run at the same time never share a connection."""
    server = Server()
    pool = subject.DatabasePool(1, 2, connect=server.connect)
    with pool.get_connection() as outer, pool.get_connection() as inner:
        execute(outer, "UPDATE a")
        execute(inner, "UPDATE b")
    used = set(server.ran("UPDATE a") + server.ran("UPDATE b"))
    expect(len(used), "different connections that a block and a block inside it used").equals(
        2, because="a connection that is lent belongs to one block alone, even within the same thread"
    )


@check(tier=1, section="§1")
def test_connection_is_free_again_after_an_error(subject: Handle) -> None:
    """A connection is free again when the block that had it raised an error."""
    server = Server()
    pool = subject.DatabasePool(1, 1, connect=server.connect, timeout=2)
    for attempt in (1, 2):
        with suppress(ValueError), pool.get_connection():
            raise ValueError(f"attempt {attempt}")
    with pool.get_connection() as connection:
        execute(connection, "UPDATE a")
    expect(len(server.ran("UPDATE a")), "connections the third block could use").equals(1)


@check(tier=1, section="§2")
def test_one_caller_needs_one_connection(subject: Handle) -> None:
    """Ten loans one after another need one connection, not ten and not the maximum."""
    server = Server()
    pool = subject.DatabasePool(1, 20, connect=server.connect)
    for _ in range(10):
        with pool.get_connection() as connection:
            execute(connection, "UPDATE a")
    expect(len(server.connections), "connections opened for 10 loans, one after another").at_most(
        2, because="an idle connection is lent again; a new one is opened only when none is idle"
    )


@check(tier=1, section="§2")
def test_returned_connections_stay_open(
    subject: Handle, postgres: PostgresWitness, witness: Witness, rng: Random
) -> None:
    """A returned connection stays open for the next caller, also above min_connections."""
    name = f"pool_{rng.getrandbits(60):x}"
    pool = subject.DatabasePool(1, 3, dsn=make_dsn(postgres.dsn, application_name=name))
    sessions: set[int] = set()
    for _ in range(3):
        with pool.get_connection(), pool.get_connection(), pool.get_connection():
            rows = witness.ask("SELECT pid FROM pg_stat_activity WHERE application_name = %s", (name,))
            sessions |= {pid for (pid,) in rows}
    expect(len(sessions), "database sessions seen in 3 rounds of 3 loans at a time").at_most(
        3, because="connections are closed when they come back and opened anew when they are needed"
    )


@check(tier=1, section="§2")
def test_never_more_than_max_connections(subject: Handle) -> None:
    """There are never more than max_connections, however many callers want one."""
    server = Server()
    pool = subject.DatabasePool(0, 2, connect=server.connect, timeout=0.05)
    with pool.get_connection(timeout=LONG), pool.get_connection(timeout=LONG):
        with raises("PoolTimeout", because="both are lent, and two is the maximum"):
            _borrow(pool)
        expect(server.open(), "open connections while two are lent and a third was asked for").at_most(2)


@check(tier=1, section="§3")
def test_waiting_ends_with_pool_timeout(subject: Handle) -> None:
    """A caller who finds all connections lent waits for the timeout, and only then gets PoolTimeout."""
    pool = subject.DatabasePool(1, 1, connect=Server().connect, timeout=0.1)
    with pool.get_connection(timeout=LONG):
        began = time.monotonic()
        with raises("PoolTimeout", because="the only connection is lent and does not come back"):
            _borrow(pool)
        waited = round(time.monotonic() - began, 3)
        expect(waited, "seconds until PoolTimeout, with timeout=0.1").at_least(
            0.07, because="a connection may come back at any moment: do not give up too early"
        )


@check(tier=1, section="§3")
def test_timeout_of_a_call_goes_first(subject: Handle) -> None:
    """A timeout given to get_connection() counts instead of the pool's own."""
    pool = subject.DatabasePool(1, 1, connect=Server().connect, timeout=LONG)
    with pool.get_connection(), raises("PoolTimeout", because="the call's own timeout is 0.05 s"):
        _borrow(pool, timeout=0.05)


@check(tier=1, section="§3")
def test_returned_connection_ends_the_wait(subject: Handle, in_background: InBackground) -> None:
    """A caller who waits gets the connection as soon as it comes back."""
    pool = subject.DatabasePool(1, 1, connect=Server().connect, timeout=LONG)
    other_pool = subject.DatabasePool(1, 1, connect=Server().connect, timeout=0.05)
    with pool.get_connection(), other_pool.get_connection(timeout=LONG):
        waiting = in_background(_borrow, pool)
        with raises("PoolTimeout"):  # gives the waiting caller time to get in line
            _borrow(other_pool)
        expect(waiting.done(), "whether the wait is over while the connection is still lent").is_false(
            because="it may wait for a minute: neither an error nor a second connection is right before that"
        )
    expect(waiting.result(timeout=30), "whether the waiting caller got the returned connection").is_true()


@check(tier=1, section="§4")
def test_clean_exit_commits(subject: Handle, postgres: PostgresWitness, witness: Witness, rng: Random) -> None:
    """What a block wrote is committed when the block ends without an error."""
    witness.ask("CREATE TABLE note (text text)")
    pool = subject.DatabasePool(1, 2, dsn=postgres.dsn)
    text = f"milk {rng.randrange(10**6)}"
    with pool.get_connection() as connection:
        execute(connection, "INSERT INTO note VALUES (%s)", (text,))
    expect(witness.ask("SELECT text FROM note"), "the rows another session sees after the block").equals(
        [(text,)], because="psycopg2 begins a transaction by itself; without commit() its writes are lost"
    )


@check(tier=1, section="§4")
def test_error_rolls_back(subject: Handle) -> None:
    """What a block wrote before it raised an error is rolled back, once and for all."""
    server = Server()
    pool = subject.DatabasePool(1, 1, connect=server.connect, timeout=2)
    with suppress(ValueError), pool.get_connection() as connection:
        execute(connection, "INSERT half of it")
        raise ValueError("the other half is missing")
    with pool.get_connection() as connection:
        execute(connection, "INSERT something else")
    expect(server.committed, "what is committed after a failed block and a good one").equals(
        ["INSERT something else"], because="the first block failed: nothing of it may be kept, not even later"
    )


@check(tier=1, section="§4")
def test_error_reaches_the_caller_unchanged(subject: Handle) -> None:
    """The error a block raises reaches the caller as it is."""
    pool = subject.DatabasePool(1, 1, connect=Server().connect)
    message = ""
    try:
        with raises("ValueError", because="it says what went wrong") as raised, pool.get_connection():
            raise ValueError("no such user")
        message = raised.message
    except ValueError as error:
        message = str(error)
    expect(message, "the message of the error that left the block").equals("no such user")


@check(tier=1, section="§5")
def test_query_returns_rows(subject: Handle, postgres: PostgresWitness, witness: Witness, rng: Random) -> None:
    """execute_query() returns the rows as a list of tuples and puts the parameters in safely."""
    names = [f"O'Neil {number}" for number in rng.sample(range(1000), 3)]
    witness.ask("CREATE TABLE person (id serial, name text)")
    witness.ask("INSERT INTO person (name) SELECT unnest(%s)", (names,))
    pool = subject.DatabasePool(1, 2, dsn=postgres.dsn)
    rows = pool.execute_query("SELECT id, name FROM person ORDER BY id")
    expect(rows, "the rows of a query without parameters").equals(list(enumerate(names, 1)))
    rows = pool.execute_query("SELECT id FROM person WHERE name = %s", (names[1],))
    expect(rows, f"the rows where name is {names[1]!r}").equals([(2,)])
    rows = pool.execute_query("SELECT id FROM person WHERE name = %s", ("nobody",))
    expect(rows, "the rows of a query that finds nothing").equals([])


@check(tier=1, section="§5")
def test_statement_without_rows_gives_an_empty_list(subject: Handle) -> None:
    """A statement that has no rows to give, such as INSERT, returns [] and is committed."""
    server = Server()
    pool = subject.DatabasePool(1, 1, connect=server.connect)
    for sql in ("CREATE TABLE note (text text)", "INSERT INTO note VALUES ('milk')"):
        expect(pool.execute_query(sql), f"execute_query({sql!r})").equals(
            [], because="there are no rows to fetch; cursor.description is None then"
        )
        expect(server.committed, "the committed statements").contains(sql)


@check(tier=1, section="§5")
def test_returning_rows_are_kept(subject: Handle) -> None:
    """A statement that writes and returns rows does both: the rows come back, and the write is committed."""
    server = Server()
    pool = subject.DatabasePool(1, 1, connect=server.connect)
    sql = "INSERT INTO note VALUES ('milk') RETURNING id"
    server.rows[sql] = [(7,)]
    expect(pool.execute_query(sql), f"execute_query({sql!r})").equals([(7,)])
    expect(server.committed, "the committed statements").equals([sql], because="it is a write too")


@check(tier=1, section="§5")
def test_percent_sign_is_itself_without_parameters(subject: Handle, postgres: PostgresWitness) -> None:
    """Without parameters, a % in a query is an ordinary character."""
    pool = subject.DatabasePool(1, 1, dsn=postgres.dsn)
    sql = "SELECT 'half' LIKE 'ha%'"
    expect(pool.execute_query(sql), f'execute_query("{sql}")').equals([(True,)])


@check(tier=1, section="§5")
def test_failed_query_leaves_the_pool_usable(subject: Handle) -> None:
    """After a query that failed, the next one works."""
    pool = subject.DatabasePool(1, 1, connect=Server().connect, timeout=2)
    with raises("ProgrammingError", because="the database's own error says what is wrong with the query"):
        pool.execute_query(NO_SUCH_TABLE)
    expect(pool.execute_query("SELECT 1"), "execute_query('SELECT 1') after the failed one").equals([(1,)])


@check(tier=1, section="§6")
def test_stats_count_connections_and_loans(subject: Handle) -> None:
    """get_stats() says how many connections there are, are free, were opened, and how often one was lent."""
    pool = subject.DatabasePool(2, 2, connect=Server().connect)
    with pool.get_connection(), pool.get_connection():
        _expect_stats(pool, "while both connections are lent", pool_size=2, available_connections=0)
    _expect_stats(pool, "after both came back", pool_size=2, available_connections=2)
    pool.execute_query("SELECT 1")
    _expect_stats(pool, "after two loans and a query", connections_created=2, connections_used=3)


def _borrow(pool: Handle, **options: float) -> bool:
    with pool.get_connection(**options) as connection:
        execute(connection, "UPDATE a")
    return True


def _expect_stats(pool: Handle, when: str, **wanted: int) -> None:
    stats = pool.get_stats()
    for key, value in wanted.items():
        expect(member(stats, key, "get_stats()"), f"get_stats()[{key!r}] {when}").equals(value)
