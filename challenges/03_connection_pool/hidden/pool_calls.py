"""What the checks of the pool do with it: lend, execute, wait, look from outside; with words for what goes wrong."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias

import psycopg2

from grader.testing import CheckFailed, Handle, PostgresWitness, fail, raises
from pool_stand_ins import Connection as StandIn

Connection: TypeAlias = Any  # psycopg2's own, behind a handle, or the stand-in

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


@contextmanager
def witness_of(postgres: PostgresWitness) -> Iterator[Witness]:
    """Afterwards ends sessions left in a transaction: they would keep the schema from being dropped."""
    witness = Witness(postgres)
    try:
        yield witness
    finally:
        witness.ask(HOLDERS_OF_LOCKS)
        witness.session.close()


@contextmanager
def lend(pool: Handle, **options: float) -> Iterator[Connection]:
    """Run the block with a connection; what fails in the block is not covered up by what fails at its end."""
    __tracebackhide__ = True
    manager = _manager(pool, options)
    connection = manager.__enter__()
    try:
        yield connection
    except CheckFailed:
        with suppress(Exception):
            manager.__exit__(RuntimeError, RuntimeError("the check failed"), None)
        raise
    except BaseException as error:
        if not manager.__exit__(type(error), error, error.__traceback__):
            raise
    else:
        manager.__exit__(None, None, None)


def _manager(pool: Handle, options: dict[str, float]) -> Handle:
    """Return what get_connection() gave; fail if it is nothing a ``with`` can use."""
    __tracebackhide__ = True
    manager = pool.get_connection(**options)
    wanted = "an object for `with pool.get_connection() as connection:`"
    if repr(manager) == "<generator>":
        fail(
            "get_connection() returned a generator: is @contextmanager missing?",
            expected=wanted,
            got="a generator",
            because="a function with `yield` is no context manager by itself; "
            "contextlib.contextmanager above its `def` makes it one",
        )
    if isinstance(manager, StandIn):
        fail(
            "get_connection() returned the connection itself",
            expected=wanted,
            got="a connection",
            because="the connection does not know the pool: nobody takes it back at the end of the block",
        )
    if not isinstance(manager, Handle):
        because = "is there a `yield` in it, and @contextmanager above it?" if manager is None else ""
        fail("get_connection() returned nothing a with can use", expected=wanted, got=repr(manager), because=because)
    return manager


def execute(connection: Connection, sql: str, params: tuple[object, ...] | None = None, *, after: str = "") -> None:
    """Run a statement on a connection that was lent; *after* says what happened before it was lent."""
    __tracebackhide__ = True
    start = f"after {after}, " if after else ""
    if not isinstance(connection, StandIn | Handle):
        fail(
            f"{start}the block was given something that is no connection",
            expected="a connection, as connect() returned it",
            got=repr(connection),
            because="what stands after `yield` is what the block gets" if connection is None else "",
        )
    try:
        cursor = connection.cursor()
        cursor.execute(sql, params)
        cursor.close()
    except psycopg2.InterfaceError as error:
        fail(
            f"{start}the pool lent a closed connection",
            expected="an open connection",
            got=f"a connection whose cursor says: {error}",
            because="a connection that comes back stays open; one that was closed must not be among the idle ones",
        )
    except psycopg2.InternalError as error:
        fail(
            f"{start}the pool lent a connection with a failed transaction",
            expected="a connection outside of any transaction",
            got=f"a connection that says: {error}",
            because="a block that raised is rolled back before its connection is lent again",
        )


def borrow(pool: Handle, **options: float) -> bool:
    """Lend and execute something; True when the block is over."""
    __tracebackhide__ = True
    try:
        with lend(pool, **options) as connection:
            execute(connection, "UPDATE a")
    except psycopg2.OperationalError as error:
        because = "its rollback had failed, or nobody had tried one: close such a connection"
        fail("a broken connection was lent again", expected="one that works", got=str(error), because=because)
    return True


@contextmanager
def no_timeout(message: str, because: str) -> Iterator[None]:
    """Fail with *message* if the block inside gets a PoolTimeout."""
    __tracebackhide__ = True
    try:
        yield
    except Exception as error:
        if getattr(error, "name", "") != "PoolTimeout":
            raise
        fail(message, expected="a connection is lent", got="PoolTimeout", because=because)


def seconds_until_timeout(pool: Handle, call: str, *, family: bool = False, **options: float) -> float:
    """Ask while all are lent; return the time until PoolTimeout, a PoolError where the *family* is asked for."""
    __tracebackhide__ = True
    began = time.monotonic()
    because = f"all connections are lent and none comes back: {call} waits, and then gives up"
    with raises("PoolTimeout", because=because) as raised:
        borrow(pool, **options)
    waited = round(time.monotonic() - began, 3)
    if "PoolError" not in raised.bases and family:
        fail(
            "PoolTimeout is not a PoolError",
            expected="class PoolTimeout(PoolError)",
            got=f"its bases are {', '.join(raised.bases)}",
            because="callers catch all of the pool's own errors with one `except PoolError`; the stub has the classes",
        )
    return waited


def shortest(measure: Callable[[], float], enough: float) -> float:
    """Measure until the time is at most *enough*, twice if need be: one slow try may be the fault of a busy machine."""
    __tracebackhide__ = True
    first = measure()
    return first if first <= enough else min(first, measure())
