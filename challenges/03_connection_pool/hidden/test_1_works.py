"""Tier 1 of the connection pool: lending, reuse, transactions."""

from contextlib import suppress
from random import Random

from psycopg2.extensions import make_dsn

from grader.testing import CheckFailed, Handle, PostgresWitness, check, expect, fail, member, raises
from pool_calls import LONG, borrow, execute, lend, no_timeout, witness_of
from pool_stand_ins import Server

LOST = "whatever ends the block, its connection must come back: is that in a `finally`?"


@check(tier=1, section="§1")
def test_two_blocks_never_share_a_connection(subject: Handle) -> None:
    """Two blocks that run at the same time never share a connection."""
    server = Server()
    pool = subject.DatabasePool(1, 2, connect=server.connect)
    with lend(pool) as outer, lend(pool) as inner:
        execute(outer, "UPDATE a")
        execute(inner, "UPDATE b")
    used = set(server.ran("UPDATE a") + server.ran("UPDATE b"))
    expect(len(used), "number of connections that a block and a block inside it used").equals(
        2, because="a connection that is lent belongs to one block alone, even within the same thread"
    )


@check(tier=1, section="§1")
def test_connection_is_free_again_after_an_error(subject: Handle) -> None:
    """A connection is free again when the block that had it raised an error."""
    pool = subject.DatabasePool(1, 1, connect=Server().connect, timeout=2)
    for attempt in (1, 2, 3):
        with (
            no_timeout("the connection was not free again after a block that raised", LOST),
            suppress(ValueError),
            lend(pool) as connection,
        ):
            execute(connection, "UPDATE a", after="a block that raised" if attempt > 1 else "")
            raise ValueError(f"attempt {attempt}")


@check(tier=1, section="§2")
def test_one_caller_needs_one_connection(subject: Handle) -> None:
    """Ten loans one after another need one connection, not ten and not the maximum."""
    server = Server()
    pool = subject.DatabasePool(1, 20, connect=server.connect)
    for _ in range(10):
        borrow(pool)
    opened = len(server.connections)
    at_once = "opening waits until somebody needs a connection: only min_connections may be opened before"
    each = "an idle connection is lent again; a new one is opened only when none is idle"
    expect(opened, "number of connections opened for 10 loans, one after another").at_most(
        2, because=at_once if opened >= 20 else each
    )


@check(tier=1, section="§2")
def test_returned_connections_stay_open(subject: Handle, postgres: PostgresWitness, rng: Random) -> None:
    """A returned connection stays open for the next caller, also above min_connections."""
    name = f"pool_{rng.getrandbits(60):x}"
    with witness_of(postgres) as witness:
        pool = subject.DatabasePool(1, 3, dsn=make_dsn(postgres.dsn, application_name=name))
        sessions: set[int] = set()
        for _ in range(3):
            with lend(pool), lend(pool), lend(pool):
                rows = witness.ask("SELECT pid FROM pg_stat_activity WHERE application_name = %s", (name,))
                sessions |= {pid for (pid,) in rows}
        expect(len(sessions), "number of database sessions seen in 3 rounds of 3 loans at a time").at_most(
            3, because="connections are closed when they come back and opened anew when they are needed"
        )


@check(tier=1, section="§2")
def test_never_more_than_max_connections(subject: Handle) -> None:
    """There are never more than max_connections, however many callers want one."""
    server = Server()
    pool = subject.DatabasePool(0, 2, connect=server.connect, timeout=0.01)
    with lend(pool, timeout=LONG), lend(pool, timeout=LONG):
        with raises("PoolTimeout", because="both connections are lent, and two is the maximum"):
            borrow(pool)
        expect(server.open(), "number of open connections while two are lent and a third was asked for").at_most(
            2, because="the place must be free before a connection is opened, not after"
        )


@check(tier=1, section="§2")
def test_connection_stays_open_after_an_error(subject: Handle) -> None:
    """A connection whose block raised an error stays open and is lent again."""
    server = Server()
    pool = subject.DatabasePool(1, 1, connect=server.connect, timeout=2)
    for _ in range(2):
        with suppress(ValueError), lend(pool) as connection:
            execute(connection, "UPDATE a", after="a block that raised")
            raise ValueError("no such user")
    closed = sum(bool(connection.closed) for connection in server.connections)
    because = "nothing is wrong with the connection: roll back, and it is as good as before"
    expect(closed, "number of connections that were closed after two blocks that raised").equals(0, because=because)


@check(tier=1, section="§2")
def test_closed_connections_are_not_counted(subject: Handle) -> None:
    """After a block that raised, pool_size counts no connection that is closed."""
    server = Server()
    pool = subject.DatabasePool(1, 2, connect=server.connect, timeout=2)
    for _ in range(2):
        with suppress(ValueError), lend(pool) as connection:
            execute(connection, "UPDATE a", after="a block that raised")
            raise ValueError("no such user")
    size, still_open = member(pool.get_stats(), "pool_size", "get_stats()"), server.open()
    if type(size) is not int or size > still_open:
        fail(
            "get_stats()['pool_size'] counts connections that are closed",
            expected=f"at most {still_open}: so many are open",
            got=size,
            because="a connection that comes back stays open, also when its block raised; "
            "and pool_size counts open ones only",
        )


@check(tier=1, section="§4")
def test_clean_exit_commits(subject: Handle, postgres: PostgresWitness, rng: Random) -> None:
    """What a block wrote is committed when the block ends without an error."""
    text = f"milk {rng.randrange(10**6)}"
    with witness_of(postgres) as witness:
        witness.ask("CREATE TABLE note (text text)")
        pool = subject.DatabasePool(1, 2, dsn=postgres.dsn)
        with lend(pool) as connection:
            execute(connection, "INSERT INTO note VALUES (%s)", (text,))
        rows = witness.ask("SELECT text FROM note")
    expect(rows, "what another session sees after the block").equals(
        [(text,)], because="psycopg2 begins a transaction by itself; without commit() its writes are lost"
    )


@check(tier=1, section="§4")
def test_error_rolls_back(subject: Handle) -> None:
    """What a block wrote before it raised an error is rolled back, once and for all."""
    server = Server()
    pool = subject.DatabasePool(1, 1, connect=server.connect, timeout=2)
    with suppress(ValueError), lend(pool) as connection:
        execute(connection, "INSERT half of it")
        raise ValueError("the other half is missing")
    at_once = list(server.committed)
    with no_timeout("the connection was not free again after a block that raised", LOST), lend(pool) as connection:
        execute(connection, "INSERT something else", after="a block that raised")
    if at_once:
        because = "the block raised, and was committed all the same: commit() belongs where only a good end comes by"
    elif "INSERT half of it" in server.committed:
        because = "the transaction of the failed block was still open, and the next block's commit() saved it too"
    else:
        because = "the second block ended well, and was not committed"
    expect(server.committed, "what is committed after a failed block and a good one").equals(
        ["INSERT something else"], because=because
    )


@check(tier=1, section="§4")
def test_error_reaches_the_caller_unchanged(subject: Handle) -> None:
    """The error a block raises reaches the caller as it is."""
    pool = subject.DatabasePool(1, 1, connect=Server().connect)
    because = "the block's error goes on after the rollback: neither swallowed nor packed into another one"
    message = ""
    try:
        with raises("ValueError", because=because) as raised, lend(pool):
            raise ValueError("no such user")
        message = raised.message
    except ValueError as error:
        message = str(error)
    expect(message, "the message of the error that left the block").equals("no such user", because=because)


@check(tier=1, section="§4")
def test_connection_is_free_again_after_a_failed_commit(subject: Handle) -> None:
    """When the commit itself fails, its error reaches the caller and the connection is free again."""
    server = Server()
    pool = subject.DatabasePool(1, 1, connect=server.connect, timeout=2)
    server.refuse_commit = True
    reached = "no error"
    try:
        with lend(pool) as connection:
            execute(connection, "INSERT what is not allowed")
    except CheckFailed:
        raise
    except Exception as error:  # noqa: BLE001 - which one it was, is the question
        reached = getattr(error, "name", type(error).__name__)
    because = "the caller must learn that nothing was saved: the driver's own error goes on"
    expect(reached, "what reached the caller when commit() raised IntegrityError").equals(
        "IntegrityError", because=because if server.refused else "commit() was not called at the end of the block"
    )
    server.refuse_commit = False
    with no_timeout("the connection was not free again after commit() raised", LOST), lend(pool) as connection:
        execute(connection, "UPDATE b", after="a commit that failed")
