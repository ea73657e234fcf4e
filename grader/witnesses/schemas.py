"""One PostgreSQL database for a run, one schema in it for each check."""

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import psycopg2
from psycopg2 import extensions, sql

from grader.witnesses.unavailable import ServerUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Connection  # noqa: N812  # psycopg2 spells a class small

SECONDS_TO_CONNECT = 5
_RELEASE = """
SELECT pg_terminate_backend(held.pid)
FROM pg_locks held
JOIN pg_database here ON here.oid = held.database AND here.datname = current_database()
LEFT JOIN pg_class there ON there.oid = held.relation
WHERE held.pid <> pg_backend_pid() AND to_regnamespace({name}) IN (
    there.relnamespace,
    CASE WHEN held.classid = 'pg_namespace'::regclass THEN held.objid END
);
"""
"""Ends sessions that hold locks in the schema: one left idle in a transaction holds them for ever, and DROP waits.

A table that is not committed yet cannot be seen from outside, but its maker holds a lock on the schema itself."""

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def fresh_schema(dsn: str, name: str, *, connection: "Connection | None" = None) -> str:
    """Make an empty schema, dropping one of that name first, and return a DSN whose sessions see it alone.

    A schema costs about a millisecond where a database costs ninety. It separates names, not sessions:
    ``pg_stat_activity`` and locks are shared by the whole database.

    Arguments:
        dsn: the server, as a URL or in key=value form; the answer has the same form.
        name: small letters, digits and underscores, at most 63, so that it never needs quoting.
        connection: one to use, in autocommit mode; without it a connection is opened for this alone (2 ms).

    Raises:
        ValueError: the name is not such a name.
        ServerUnavailable: the server cannot be reached.
    """
    _drop_and_make(dsn, name, connection, make=True)
    return with_search_path(dsn, name)


def drop_schema(dsn: str, name: str, *, connection: "Connection | None" = None) -> None:
    """Drop a schema with all that is in it, if there is one. Arguments as for ``fresh_schema``."""
    _drop_and_make(dsn, name, connection, make=False)


def with_search_path(dsn: str, name: str) -> str:
    """*dsn* with ``options=-csearch_path=name`` added to the options it already has."""
    wanted = f"-csearch_path={name}"
    if "://" not in dsn:
        before = extensions.parse_dsn(dsn).get("options", "")
        return str(extensions.make_dsn(dsn, options=f"{before} {wanted}".strip()))
    address, _, query = dsn.partition("?")
    pairs = [pair for pair in query.split("&") if pair]
    before = "".join(unquote(pair.removeprefix("options=")) for pair in pairs if pair.startswith("options="))
    kept = [pair for pair in pairs if not pair.startswith("options=")]
    # libpq reads a plus sign as itself, so a space is written %20.
    return f"{address}?{'&'.join([*kept, 'options=' + quote(f'{before} {wanted}'.strip())])}"


def server_version(dsn: str) -> str:
    """The version of the server that *dsn* names, such as "18.4".

    Raises:
        ServerUnavailable: the server cannot be reached.
    """
    with connected(dsn) as connection:
        return version_text(connection.server_version)


def version_text(number: int) -> str:
    """180004 as "18.4"; 90624 as "9.6.24", how versions before 10 were counted."""
    major, rest = divmod(number, 10_000)
    return f"{major}.{rest}" if major >= 10 else f"{major}.{rest // 100}.{rest % 100}"  # noqa: PLR2004


@contextmanager
def connected(dsn: str) -> "Iterator[Connection]":
    """A connection in autocommit mode, closed afterwards.

    Raises:
        ServerUnavailable: the server cannot be reached.
    """
    try:
        connection = psycopg2.connect(dsn, connect_timeout=SECONDS_TO_CONNECT)
    except psycopg2.Error as error:
        message = f"PostgreSQL cannot be reached: {str(error).strip()}"
        raise ServerUnavailable(message) from error
    try:
        connection.autocommit = True
        yield connection
    finally:
        connection.close()


def _drop_and_make(dsn: str, name: str, connection: "Connection | None", *, make: bool) -> None:
    """Drop the schema, then make it where asked to."""
    if not _NAME.fullmatch(name):
        message = f"a schema's name is small letters, digits and underscores, at most 63: {name!r}"
        raise ValueError(message)
    drop = _RELEASE + "DROP SCHEMA IF EXISTS {schema} CASCADE;"
    commands = sql.SQL(drop + "CREATE SCHEMA {schema}" if make else drop).format(
        name=sql.Literal(name), schema=sql.Identifier(name)
    )
    if connection is None:
        with connected(dsn) as ours, ours.cursor() as cursor:
            cursor.execute(commands)
        return
    with connection.cursor() as cursor:
        cursor.execute(commands)
