"""A PostgreSQL database in which migrations leave a trace, read without the submission's help."""
# ruff: noqa: S608 - the SQL is made of the suite's own words

import time
from concurrent.futures import Future, wait
from contextlib import closing
from typing import Any

from grader.testing import Handle, PostgresWitness
from migration_calls import by_hand

PATIENCE = 2.0
"""Seconds in which two sessions come to stand before a lock, unless one of them waits in a way of its own."""

_STUCK = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def prepare(postgres: PostgresWitness) -> None:
    """Make the table that `step` migrations write to."""
    rows(postgres, "CREATE TABLE log (step BIGINT)")


def step(subject: Handle, version: int) -> Handle:
    """Build a migration that writes its version into the log."""
    up_sql, down_sql = f"INSERT INTO log VALUES ({version})", f"DELETE FROM log WHERE step = {version}"
    return by_hand(subject, version, f"step_{version}", up_sql, down_sql)


def log_of(postgres: PostgresWitness) -> list[int]:
    """Return the numbers in the log."""
    return [row[0] for row in rows(postgres, "SELECT step FROM log ORDER BY step")]


def rows(postgres: PostgresWitness, sql: str) -> list[tuple[Any, ...]]:
    """Answer a question in SQL."""
    with closing(postgres.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def asleep(postgres: PostgresWitness) -> list[int]:
    """Return the sessions that have made something in this schema and sleep now, by their process ids."""
    found = rows(
        postgres,
        "SELECT pid FROM pg_stat_activity JOIN pg_locks USING (pid) WHERE wait_event = 'PgSleep'"
        " AND classid = 'pg_namespace'::regclass AND objid = current_schema()::regnamespace",
    )
    return [row[0] for row in found]


def wait_until_stuck(postgres: PostgresWitness, calls: "list[Future[Any]]") -> None:
    """Wait until as many sessions as there are calls stand before a lock, or a call is over."""
    patience = time.monotonic() + PATIENCE
    while time.monotonic() < patience and not wait(calls, timeout=0.01).done:
        if rows(postgres, _STUCK)[0][0] >= len(calls):
            return
