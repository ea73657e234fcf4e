"""Tier 2 of the connection pool: how blocks, connections and the pool itself come to their end."""

from contextlib import suppress
from itertools import pairwise

import psycopg2

from grader.testing import CheckFailed, Clock, Handle, RaceRun, Races, check, expect, fail, raises
from pool_calls import LONG, borrow, execute, lend, no_timeout
from pool_stand_ins import Connection as StandIn
from pool_stand_ins import Server

Error = type[BaseException]


@check(tier=2, section="§11")
def test_blocks_error_survives(subject: Handle) -> None:
    """The block's error reaches the caller although rolling back, resetting and closing fail too."""

    def reset(_: StandIn) -> None:
        raise psycopg2.OperationalError("no answer")

    for what in ("rollback()", "reset", "reset and close()"):
        server = Server()
        options = {} if what == "rollback()" else {"reset": reset}
        pool = subject.DatabasePool(0, 1, connect=server.connect, timeout=2, **options)
        reached = "no error"
        try:
            with lend(pool):
                server.connections[0].broken = what == "rollback()"
                server.connections[0].refuse_close = what == "reset and close()"
                raise ValueError("no such user")
        except CheckFailed:
            raise
        except Exception as error:  # noqa: BLE001 - which one it was, is the question
            reached = getattr(error, "name", type(error).__name__)
        because = "the error of the way back covered it up: what goes wrong there must not leave your pool"
        expect(reached, f"what reached the caller when the block raised ValueError and {what} failed as well").equals(
            "ValueError", because=because
        )
        because = "its place must come back, whatever fails on the way"
        with no_timeout(f"nothing could be lent after a block whose {what} failed", because):
            borrow(pool)


@check(tier=2, section="§11")
def test_interrupts_roll_back(subject: Handle) -> None:
    """KeyboardInterrupt, SystemExit and GeneratorExit roll back, and the connection comes back."""
    kinds: tuple[Error, ...] = (KeyboardInterrupt, SystemExit, GeneratorExit)
    for kind in kinds:
        name = kind.__name__
        server = Server()
        pool = subject.DatabasePool(0, 1, connect=server.connect, timeout=2)
        with suppress(kind), lend(pool) as connection:
            execute(connection, "INSERT half of it")
            raise kind
        because = f"{name} is no Exception: `except Exception` does not see it, `finally` does"
        with no_timeout(f"the connection was not free again after {name} in a block", because):
            borrow(pool)
        because = f"a block that {name} has ended did not end well, and nobody else may commit what it wrote"
        expect(server.committed, f"what is committed after {name} and another loan").equals(
            ["UPDATE a"], because=because
        )


@check(tier=2, section="§11")
def test_connection_comes_back_once(subject: Handle) -> None:
    """A connection comes back exactly once, however its block ends: nobody shares it afterwards."""
    for ending in ("ended well", "raised an error", "could not be committed"):
        server = Server()
        pool = subject.DatabasePool(0, 2, connect=server.connect, timeout=2)
        server.refuse_commit = ending == "could not be committed"
        with suppress(Exception), lend(pool) as connection:
            execute(connection, "INSERT a")
            if ending == "raised an error":
                raise ValueError("no such user")
        server.refuse_commit = False
        with lend(pool) as outer, lend(pool) as inner:
            shared = outer is inner
        because = "it was given back twice, and is now in the pool twice"
        what = f"whether two blocks got the same connection after a block that {ending}"
        expect(shared, what).is_false(because=because)


@check(tier=2, section="§12")
def test_old_connection_is_replaced(subject: Handle, clock: Clock) -> None:
    """A connection older than max_lifetime is closed and replaced before it is lent again."""
    server = Server()
    pool = subject.DatabasePool(0, 1, connect=server.connect, max_lifetime=100, timeout=2)
    borrow(pool)
    clock.advance(100.5)
    borrow(pool)
    because = "who is too old is closed when it comes back, or before it is lent: look at its age in one of the two"
    expect(bool(server.connections[0].closed), "whether a connection was closed that was 100.5 s old").is_true(
        because=because
    )
    expect(len(server.connections), "number of connections opened for loans at 0 s and 100.5 s").at_least(
        2, because="the old one is replaced by a new one"
    )


@check(tier=2, section="§12")
def test_nothing_is_closed_while_lent(subject: Handle, clock: Clock) -> None:
    """A connection that grows too old while it is lent stays open until its block has ended."""
    server = Server()
    pool = subject.DatabasePool(0, 2, connect=server.connect, max_lifetime=100, timeout=2)
    with lend(pool) as connection:
        clock.advance(100.5)
        pool.get_stats()
        borrow(pool)
        because = "its block is in the middle of a transaction: a connection is replaced when nobody uses it"
        expect(bool(connection.closed), "whether a connection was closed while it was lent").is_false(because=because)


@check(tier=2, section="§12")
def test_lifetimes_differ(races: Races) -> None:
    """Connections that were opened together do not all expire together."""

    def spread(run: RaceRun) -> None:
        left = run.results[0]
        because = "the shortest lifetime is 95 % of max_lifetime"
        expect(left[0], "number of 12 connections alive after 940 s, max_lifetime=1000,").equals(12, because=because)
        because = "all had the same lifetime: draw one for each connection when it is opened"
        at_once = [before - after for before, after in pairwise(left)]
        expect(max(at_once), "the most of 12 connections that expired within the same 20 s").at_most(
            11, because=because
        )

    races.every("life_scenes.Ageing", keeps=spread, kind="once")


@check(tier=2, section="§13")
def test_settings_are_checked_first(subject: Handle) -> None:
    """Settings that make no sense raise ValueError before anything is opened."""
    server = Server()
    wrong = [(-1, 2), (0, 0), (0, -1), (3, 2)]
    for least, most in wrong:
        because = "0 ≤ min_connections ≤ max_connections, and max_connections is at least 1"
        try:
            with raises("ValueError", because=because):
                subject.DatabasePool(least, most, connect=server.connect)
        except CheckFailed as error:
            error.message = f"DatabasePool({least}, {most}): {error.message}"
            raise
    because = "exactly one of connect and dsn says where connections come from"
    with raises("ValueError", because=f"neither connect nor dsn was given: {because}"):
        subject.DatabasePool(0, 1)
    with raises("ValueError", because=f"both connect and dsn were given: {because}"):
        subject.DatabasePool(0, 1, connect=server.connect, dsn="dbname=shop")
    expect(len(server.connections), "number of connections opened by pools that could not be made").equals(
        0, because="check the settings first, then open connections"
    )


@check(tier=2, section="§13")
def test_failed_start_leaves_nothing_open(subject: Handle) -> None:
    """If the constructor raises because a connection fails, it has closed those it had opened."""
    server = Server()
    server.refuse_connect_after = 2
    try:
        subject.DatabasePool(3, 3, connect=server.connect)
    except Exception as error:
        if getattr(error, "name", "") != "OperationalError":
            raise
        expect(server.open(), "number of open connections after a constructor that failed at the third").equals(
            0, because="there is no pool, so nobody else will ever close the first two"
        )


@check(tier=2, section="§13")
def test_closed_pool_lends_nothing(subject: Handle) -> None:
    """A closed pool has closed its idle connections and raises PoolClosed; closing twice is no error."""
    server = Server()
    pool = subject.DatabasePool(0, 2, connect=server.connect, timeout=2)
    with lend(pool), lend(pool):
        pass
    pool.close()
    pool.close()
    expect(server.open(), "number of open connections after close()").equals(
        0, because="close() closes those that are idle"
    )
    with raises("PoolClosed", because="a closed pool lends nothing any more") as raised:
        borrow(pool)
    if "PoolError" not in raised.bases:
        fail("PoolClosed is not a PoolError", expected="class PoolClosed(PoolError)", got=", ".join(raised.bases))
    with raises("PoolClosed", because="a query needs a connection too"):
        pool.execute_query("SELECT 1")
    expect(server.open(), "number of open connections after asking a closed pool").equals(
        0, because="look whether the pool is closed before you open a connection"
    )


@check(tier=2, section="§13")
def test_with_block_closes_the_pool(subject: Handle) -> None:
    """`with DatabasePool(...) as pool:` closes the pool at the end, and lets an error of its block through."""
    server = Server()
    message = "with DatabasePool(...) as pool: the error of the block was swallowed"
    try:
        with subject.DatabasePool(0, 1, connect=server.connect) as pool:
            because = "__enter__ returns the pool itself"
            expect(pool, "what `with DatabasePool(...) as pool` gave").satisfies(
                isinstance(pool, Handle), "the pool", because=because
            )
            borrow(pool)
            raise ValueError("no such user")
        fail(message, expected="ValueError goes on", got="no error", because="__exit__ must not return True")
    except ValueError:
        pass
    with raises("PoolClosed", because="the end of the with block closes the pool"):
        borrow(pool)
    expect(server.open(), "number of open connections after the with block").equals(0, because="close() closes them")


@check(tier=2, section="§13")
def test_lent_connections_finish_first(subject: Handle) -> None:
    """A block that runs while the pool is closed ends as usual; then its connection is closed."""
    for how in ("ends well", "raises an error"):
        server = Server()
        pool = subject.DatabasePool(0, 1, connect=server.connect, timeout=2)
        with suppress(ValueError), lend(pool, timeout=LONG) as connection:
            execute(connection, "INSERT a")
            pool.close()
            because = "close() leaves lent connections alone"
            expect(bool(connection.closed), "whether a lent connection was closed by close()").is_false(because=because)
            execute(connection, "INSERT b")
            if how == "raises an error":
                raise ValueError("no such user")
        wanted = ["INSERT a", "INSERT b"] if how == "ends well" else []
        expect(server.committed, f"what is committed after a block that {how} in a closed pool").equals(
            wanted, because="the block ends as usual, with commit or rollback"
        )
        because = "nobody will ever need it again: who comes back to a closed pool is closed"
        expect(server.open(), f"number of open connections after a block that {how} in a closed pool").equals(
            0, because=because
        )


@check(tier=2, section="§13")
def test_close_ends_the_wait(races: Races) -> None:
    """Everybody who waits gets PoolClosed as soon as the pool is closed."""

    def sent_away(run: RaceRun) -> None:
        for who, (outcome, waited) in zip(("one", "another"), run.results[:2], strict=True):
            because = "the pool was closed, and nobody told who waits: wake up all of them"
            expect(outcome, f"what {who} of two waiting callers got").equals("PoolClosed", because=because)
            expect(waited, f"the seconds until {who} of two waiting callers got PoolClosed").at_most(
                15, because=because
            )

    races.every("life_scenes.ClosedWhileTheyWait", keeps=sent_away, kind="few")


@check(tier=2, section="§13")
def test_nothing_stays_open_after_close(races: Races) -> None:
    """Whoever borrows or returns while the pool is being closed leaves no connection open."""

    def all_closed(run: RaceRun) -> None:
        because = "a connection was opened or came back at that moment: look once more whether the pool is closed"
        expect(run.seen[0], "number of open connections after close(), a loan and a return at the same time").equals(
            0, because=because
        )
        expect(run.results[0][0], "what the caller got who asked at that moment").is_one_of(
            "lent", "PoolClosed", because="either it came before close(), or after"
        )

    races.every("life_scenes.ClosedMeanwhile", keeps=all_closed, kind="few")


@check(tier=2, section="§13")
def test_close_waits_as_long_as_told(races: Races) -> None:
    """close(timeout=5) waits for lent connections, for at most 5 seconds; close() does not wait."""
    block, because = 3.0, "it ends as soon as the last connection is back"

    def back_in_time(run: RaceRun) -> None:
        expect(run.results[0], f"the seconds that close(timeout=5) took while a block ran for {block} s").between(
            block - 0.1 if block < 5 else 4.9, 4.5 if block < 5 else 6.0, because=because
        )

    def at_once(run: RaceRun) -> None:
        expect(run.results[0], "the seconds that close() took while a block ran for 3 s").at_most(
            0.5, because="without a timeout it does not wait"
        )

    races.every("life_scenes.LentAtTheEnd", 5.0, 3.0, keeps=back_in_time, kind="once")
    block, because = 100.0, "the block runs longer than close() was told to wait"
    races.every("life_scenes.LentAtTheEnd", 5.0, 100.0, keeps=back_in_time, kind="once")
    races.every("life_scenes.LentAtTheEnd", None, 3.0, keeps=at_once, kind="once")


@check(tier=2, section="§13")
def test_closed_pool_leaves_no_thread(races: Races) -> None:
    """A closed pool whose connections are all back has no thread running."""

    def none_left(run: RaceRun) -> None:
        because = "a thread of the pool goes on: let close() tell it to end"
        expect(run.results[0], "number of threads of the pool 10 s after close()").equals(0, because=because)

    races.every("life_scenes.Threads", keeps=none_left, kind="once")
