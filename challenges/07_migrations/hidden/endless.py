"""A migration that never comes to its end, in a process that can be paused or killed in the middle of it."""

from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

from grader.testing import Another, Process, fail
from migration_calls import by_hand
from sqlite_file import File
from step_log import log_step

ENDLESS = (
    "INSERT INTO endless WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0"
)
"""Counts for ever, in no memory to speak of, and inserts nothing."""

BEGINNING = "CREATE TABLE endless (x)"
"""The first statement of the script: whoever commits too early leaves this table behind."""


def stuck_in_a_migration(
    another: Another, in_background: Callable[..., "Future[Any]"], file: File, version: int, **more: object
) -> tuple[Process, "Future[Any]"]:
    """Start one more process, have it apply an endless migration, and stop it right in the middle.

    That it is in the middle shows in the time its processor has worked: nothing else takes as long.
    """
    __tracebackhide__ = True
    other = another()
    manager = other.subject.MigrationManager(file.path)
    script = f"{BEGINNING}; {log_step(version)}; {ENDLESS}"
    migration = by_hand(other.subject, version, "endless", script, "DROP TABLE endless", **more)
    begun = other.cpu_seconds()
    call: Future[Any] = in_background(manager.apply_migration, migration)
    while other.cpu_seconds() < begun + 0.1:
        if wait([call], timeout=0.01).done:
            fail(
                "apply_migration came back from a script that takes very long",
                expected="all statements of the script run",
                got=call.exception() or call.result(),
                because="the script was not run to its end: its last statement counts for ever",
            )
    other.pause()
    return other, call


def kill(process: Process, call: "Future[Any]") -> None:
    """End the process at once, as a power cut would; its call ends with it."""
    process.kill()
    call.exception()
