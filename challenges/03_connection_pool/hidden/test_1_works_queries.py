"""Tier 1 of the connection pool: queries in one call, and statistics."""

from random import Random
from typing import Any

from grader.testing import Handle, PostgresWitness, check, expect, fail, member, raises
from pool_calls import LONG, lend, seconds_until_timeout, witness_of
from pool_stand_ins import NO_SUCH_TABLE, Server

Stats = dict[str, tuple[int, str]]


@check(tier=1, section="§5")
def test_query_returns_rows(subject: Handle, postgres: PostgresWitness, rng: Random) -> None:
    """execute_query() returns the rows as a list of tuples and puts the parameters in safely."""
    names = [f"O'Neil {number}" for number in rng.sample(range(1000), 3)]
    with witness_of(postgres) as witness:
        witness.ask("CREATE TABLE person (id serial, name text)")
        witness.ask("INSERT INTO person (name) SELECT unnest(%s)", (names,))
        pool = subject.DatabasePool(1, 2, dsn=postgres.dsn)
        rows = pool.execute_query("SELECT id, name FROM person ORDER BY id")
        wanted: list[tuple[Any, ...]] = list(enumerate(names, 1))
        expect(rows, "what a query without parameters returned").equals(wanted, because=_why(rows, wanted))
        rows = pool.execute_query("SELECT id FROM person WHERE name = %s", (names[1],))
        expect(rows, f"what a query where name is {names[1]!r} returned").equals([(2,)], because=_why(rows, [(2,)]))
        rows = pool.execute_query("SELECT id FROM person WHERE name = %s", ("nobody",))
        expect(rows, "what a query that finds nothing returned").equals([], because=_why(rows, []))


@check(tier=1, section="§5")
def test_statement_without_rows_gives_an_empty_list(subject: Handle) -> None:
    """A statement that has no rows to give, such as INSERT, returns [] and is committed."""
    server = Server()
    pool = subject.DatabasePool(1, 1, connect=server.connect)
    for sql in ("CREATE TABLE note (text text)", "INSERT INTO note VALUES ('milk')"):
        because = "there are no rows to fetch, and cursor.description is None: return [] then"
        try:
            rows = pool.execute_query(sql)
        except Exception as error:
            if "no results to fetch" not in str(error):
                raise
            fail(f"execute_query({sql!r}) raised an error", expected="[]", got=str(error), because=because)
        expect(rows, f"what execute_query({sql!r}) returned").equals([], because=because)
        _expect_committed(server, sql)


@check(tier=1, section="§5")
def test_returning_rows_are_kept(subject: Handle) -> None:
    """A statement that writes and returns rows does both: the rows come back, and the write is committed."""
    server = Server()
    pool = subject.DatabasePool(1, 1, connect=server.connect)
    sql = "INSERT INTO note VALUES ('milk') RETURNING id"
    server.rows[sql] = [(7,)]
    rows = pool.execute_query(sql)
    because = "whether there are rows says cursor.description, not the first word of the statement"
    expect(rows, f"what execute_query({sql!r}) returned").equals(
        [(7,)], because=because if rows == [] else _why(rows, [(7,)])
    )
    _expect_committed(server, sql)


@check(tier=1, section="§5")
def test_percent_sign_is_itself_without_parameters(subject: Handle, postgres: PostgresWitness) -> None:
    """Without parameters, a % in a query is an ordinary character."""
    pool = subject.DatabasePool(1, 1, dsn=postgres.dsn)
    sql = "SELECT 'half' LIKE 'ha%'"
    try:
        rows = pool.execute_query(sql)
    except Exception as error:
        if not any(words in str(error) for words in ("format", "argument", "index out of range")):
            raise
        fail(
            f'execute_query("{sql}") raised an error',
            expected="[(True,)]",
            got=str(error),
            because="the % was taken for the place of a parameter; psycopg2 looks for places if it is given "
            "any parameters, even an empty tuple: pass None when there are none",
        )
    expect(rows, f'what execute_query("{sql}") returned').equals([(True,)], because=_why(rows, [(True,)]))


@check(tier=1, section="§5")
def test_failed_query_leaves_the_pool_usable(subject: Handle) -> None:
    """After a query that failed, the next one works."""
    pool = subject.DatabasePool(1, 1, connect=Server().connect, timeout=2)
    with raises("ProgrammingError", because="the database's own error says what is wrong with the query"):
        pool.execute_query(NO_SUCH_TABLE)
    try:
        rows = pool.execute_query("SELECT 1")
    except Exception as error:
        reasons = {
            "PoolTimeout": "the connection of the failed query did not come back",
            "InternalError": "the failed transaction was not rolled back; until then all statements are refused",
            "InterfaceError": "the connection of the failed query was closed, and lent again",
        }
        name = getattr(error, "name", "")
        if name not in reasons:
            raise
        message = f"after a query that failed, the next one raised {name}"
        fail(message, expected="[(1,)]", got=str(error), because=reasons[name])
    expect(rows, "what execute_query('SELECT 1') after a failed query returned").equals(
        [(1,)], because=_why(rows, [(1,)])
    )


@check(tier=1, section="§6")
def test_stats_count_connections_and_loans(subject: Handle) -> None:
    """get_stats() says how many connections there are, are free, were opened, and how often one was lent."""
    pool = subject.DatabasePool(2, 2, connect=Server().connect)
    with lend(pool), lend(pool):
        lent: Stats = {
            "pool_size": (2, "pool_size counts the open connections, idle and lent together"),
            "available_connections": (0, "a connection that is lent is not available"),
        }
        _expect_stats(pool, "while both connections are lent", lent)
    back: Stats = {
        "pool_size": (2, "both connections came back, and stay open"),
        "available_connections": (2, "a connection that came back is available again"),
    }
    _expect_stats(pool, "after both came back", back)
    pool.execute_query("SELECT 1")
    ever: Stats = {
        "connections_created": (2, "it counts connections that were opened, however often they are lent"),
        "connections_used": (3, "each loan counts once: two blocks, and one for execute_query()"),
    }
    _expect_stats(pool, "after two loans and a query", ever)


@check(tier=1, section="§6")
def test_timeout_is_no_loan(subject: Handle) -> None:
    """A caller who got a PoolTimeout is not counted in connections_used."""
    pool = subject.DatabasePool(1, 1, connect=Server().connect, timeout=0.01)
    with lend(pool, timeout=LONG):
        seconds_until_timeout(pool, "get_connection()")
    because = "who got a PoolTimeout was lent nothing: count when the connection is there, not before the wait"
    _expect_stats(pool, "after one loan and one PoolTimeout", {"connections_used": (1, because)})


def _expect_stats(pool: Handle, when: str, wanted: Stats) -> None:
    __tracebackhide__ = True
    stats = pool.get_stats()
    for key, (value, because) in wanted.items():
        expect(member(stats, key, "get_stats()"), f"get_stats()[{key!r}] {when}").equals(value, because=because)


def _expect_committed(server: Server, sql: str) -> None:
    __tracebackhide__ = True
    if sql not in server.committed:
        fail(
            f"execute_query({sql!r}) was not committed",
            expected="the statement is committed when execute_query() returns",
            got=f"committed: {', '.join(server.committed) or 'nothing'}",
            because="psycopg2 begins a transaction with the first statement: without commit() its writes are lost",
        )


def _why(rows: object, wanted: list[tuple[Any, ...]]) -> str:
    """Return the likely reason why *rows* are not the *wanted* ones; nothing where none is likely."""
    if rows is None:
        return "it returned nothing: is the `return` missing?"
    if isinstance(rows, Handle):
        return "return the rows themselves, as cursor.fetchall() gives them"
    if type(rows) is tuple:
        return "that is one row, or a tuple of them; a list of all rows was asked for"
    if type(rows) is list and wanted and rows == wanted[:1]:
        return "that is the first row only: fetch all of them"
    if type(rows) is list and any(type(row) is not tuple for row in rows):
        return "each row is a tuple, as the cursor gives it, also if it has one column"
    return ""
