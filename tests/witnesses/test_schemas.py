"""Schemas of a check's own."""

import psycopg2
import pytest

from grader.witnesses.postgres import Postgres
from grader.witnesses.schemas import (
    connected,
    drop_schema,
    fresh_schema,
    server_version,
    version_text,
    with_search_path,
)
from grader.witnesses.unavailable import ServerUnavailable


def _run(dsn: str, command: str) -> list[tuple[object, ...]]:
    with connected(dsn) as connection, connection.cursor() as cursor:
        cursor.execute(command)
        return cursor.fetchall() if cursor.description else []


def test_a_table_is_seen_in_its_own_schema_only(shared_postgres: Postgres) -> None:
    """Two checks can use one name for two tables."""
    first = fresh_schema(shared_postgres.dsn, "first")
    second = fresh_schema(shared_postgres.dsn, "second")
    _run(first, "CREATE TABLE jobs AS SELECT 1 AS n")
    with pytest.raises(psycopg2.errors.UndefinedTable):
        _run(second, "SELECT n FROM jobs")
    assert _run(first, "SELECT n FROM jobs") == [(1,)]


def test_a_fresh_schema_is_empty(shared_postgres: Postgres) -> None:
    """What an interrupted check left under the same name is gone."""
    dsn = fresh_schema(shared_postgres.dsn, "again")
    _run(dsn, "CREATE TABLE left_over (n int)")
    assert _run(fresh_schema(shared_postgres.dsn, "again"), "SELECT to_regclass('left_over')") == [(None,)]


def test_a_dropped_schema_is_gone_and_dropping_again_is_no_error(shared_postgres: Postgres) -> None:
    """An open connection can be lent for both, so that they cost no connection each."""
    with connected(shared_postgres.dsn) as connection:
        dsn = fresh_schema(shared_postgres.dsn, "short_lived", connection=connection)
        _run(dsn, "CREATE TABLE inside (n int)")
        drop_schema(shared_postgres.dsn, "short_lived", connection=connection)
        drop_schema(shared_postgres.dsn, "short_lived", connection=connection)
    assert _run(shared_postgres.dsn, "SELECT 1 FROM pg_namespace WHERE nspname = 'short_lived'") == []


@pytest.mark.parametrize("left_open", ["SELECT n FROM t", "CREATE TABLE another (n int)"])
def test_a_transaction_left_open_does_not_hold_up_the_end(shared_postgres: Postgres, left_open: str) -> None:
    """A solution that forgot to commit is cut off; one that works in another schema is not."""
    idle, busy = (psycopg2.connect(fresh_schema(shared_postgres.dsn, name)) for name in ("idle", "busy"))
    for connection in (idle, busy):
        connection.cursor().execute("CREATE TABLE t (n int)")
        connection.commit()
        connection.cursor().execute(left_open)
    with connected(shared_postgres.dsn) as judge:
        with judge.cursor() as cursor:
            cursor.execute("SET lock_timeout = '10s'")
        drop_schema(shared_postgres.dsn, "idle", connection=judge)
    with pytest.raises(psycopg2.OperationalError):
        idle.cursor().execute("SELECT 1")
    busy.cursor().execute("SELECT 1")
    idle.close()
    busy.close()


@pytest.mark.parametrize("name", ["", "Big", "1st", "a b", 'a"b', "a" * 64, "x;drop"])
def test_a_name_that_would_need_quoting_is_refused(shared_postgres: Postgres, name: str) -> None:
    """The name stands in a DSN's options too, where quoting has rules of its own."""
    with pytest.raises(ValueError, match="a schema's name"):
        fresh_schema(shared_postgres.dsn, name)


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://u:p+w%40@h:1/d?options=-cwork_mem%3D8MB&application_name=a+b",
        "postgresql:///d?host=/tmp/x&options=-cwork_mem%3D8MB&application_name=a+b&user=u&password=p%2Bw%40",
        "host=/tmp/x dbname=d user=u password='p+w@' application_name=a+b options='-cwork_mem=8MB'",
    ],
)
def test_every_form_of_dsn_keeps_what_it_says(dsn: str) -> None:
    """Only the search path is added, behind options that are there already; a plus sign stays a plus sign."""
    before = psycopg2.extensions.parse_dsn(dsn)
    after = psycopg2.extensions.parse_dsn(with_search_path(dsn, "mine"))
    assert after.pop("options") == f"{before.pop('options')} -csearch_path=mine"
    assert after == before


def test_the_version_is_the_servers(shared_postgres: Postgres) -> None:
    """Two numbers since version 10, three before."""
    assert server_version(shared_postgres.dsn) == shared_postgres.version
    assert version_text(180004) == "18.4"
    assert version_text(90624) == "9.6.24"


def test_a_server_that_is_not_there_is_a_plain_refusal() -> None:
    """The message is the driver's reason."""
    with pytest.raises(ServerUnavailable, match="PostgreSQL cannot be reached"):
        server_version("postgresql:///nothing?host=/nowhere")
