"""Tier 2 of migrations, §7 and §10: several programs, threads and managers at once, and one that is killed."""

import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import closing
from pathlib import Path
from typing import Any

from endless import kill, stuck_in_a_migration
from grader.testing import Another, Handle, Process, RaceRun, Races, check, expect, fail, raises
from migration_calls import applied_versions, apply, by_hand, open_manager, roll_back, version_of
from step_log import file_with_log, log_of, step, step_by_hand

InBackground = Callable[..., "Future[Any]"]


@check(tier=2, section="§7", call_seconds=8.0)
def test_killed_migration_leaves_nothing(
    subject: Handle, another: Another, in_background: InBackground, tmp_path: Path
) -> None:
    """If the process is killed in the middle of a migration, the next one finds the database as it was before."""
    file = file_with_log(tmp_path)
    apply(open_manager(subject, file), step_by_hand(subject, 1, "first"))
    kill(*stuck_in_a_migration(another, in_background, file, 2))

    because = "the process was killed before it could commit, so nothing of the migration may be there"
    expect(file.tables(), "the tables after the process was killed").satisfies(
        "endless" not in file.tables(), "tables without endless", because=because
    )
    expect(log_of(file), "the steps that ran, after the process was killed").equals([1], because=because)
    manager = open_manager(subject, file)
    expect(applied_versions(manager), "the applied versions after the process was killed").equals([1], because=because)
    apply(manager, step_by_hand(subject, 2, "endless"))
    expect(log_of(file), "the steps that ran, with the next process").equals([1, 2])


@check(tier=2, section="§10")
def test_migrators_start_together(races: Races) -> None:
    """When two programs start at once with a new database, both succeed, and the migration runs once."""

    def ran_once(run: RaceRun) -> None:
        because = "both looked into the history before either had written to it: take the lock first, then look"
        expect(run.results, "what the two calls of apply_migration returned").equals([True, True], because=because)
        expect(run.seen, "the migrations that ran").equals([1], because=because)

    races.every("migration_scenes.TwoServersStart", keeps=ran_once, kind="store")


@check(tier=2, section="§10")
def test_processes_migrate_together(
    subject: Handle, another: Another, in_background: InBackground, tmp_path: Path
) -> None:
    """When several processes migrate at once, all of them succeed, and each migration runs once."""
    file = file_with_log(tmp_path)
    apply(open_manager(subject, file), step_by_hand(subject, 1, "first"))
    programs = [subject, another().subject, another().subject]
    managers = [open_manager(program, file) for program in programs]
    given = [[step_by_hand(program, 2, "second"), step_by_hand(program, 3, "third")] for program in programs]
    began = time.monotonic()
    for manager in managers:
        applied_versions(manager)
    one_look = time.monotonic() - began
    with closing(sqlite3.connect(file.path, isolation_level=None)) as judge:
        judge.execute("BEGIN IMMEDIATE")  # all of them come as far as they can without writing
        calls = [in_background(manager.apply_all, given[number]) for number, manager in enumerate(managers)]
        wait(calls, timeout=max(0.1, min(5 * one_look, 2.0)))
        judge.execute("ROLLBACK")
    returned = []
    for call in calls:
        try:
            returned += call.result()
        except Exception as error:  # noqa: BLE001 - whatever it was, it is what the submission did
            fail(
                "one of three processes that migrate at once failed",
                expected="all of them succeed",
                got=str(error),
                because="each has to wait for its turn, and to look into the history when it has it",
            )
    because = "a lock inside one process does not hold back another: the lock has to be in the database, or in a file"
    expect(log_of(file), "the steps that ran").equals([1, 2, 3], because=because)
    expect(sorted(returned), "the versions that the three calls returned").equals([2, 3], because=because)


@check(tier=2, section="§10", call_seconds=8.0)
def test_waiting_for_the_lock_is_bounded(
    subject: Handle, another: Another, in_background: InBackground, tmp_path: Path
) -> None:
    """Whoever waits longer than lock_timeout for another one's migration gets MigrationLocked."""
    file = file_with_log(tmp_path)
    managers = [open_manager(subject, file, lock_timeout=0.1) for _ in range(2)]
    apply(managers[0], step_by_hand(subject, 1, "first"))
    stuck = stuck_in_a_migration(another, in_background, file, 2)
    because = "another process is in the middle of a migration, and lock_timeout is 0.1 seconds"
    with raises("MigrationLocked", because=because):
        managers[0].apply_migration(step_by_hand(subject, 3, "third"))
    with raises("MigrationLocked", because=because):
        managers[1].rollback_migration(step_by_hand(subject, 1, "first"))
    kill(*stuck)


@check(tier=2, section="§10", call_seconds=8.0)
def test_lock_goes_with_its_process(
    subject: Handle, another: Another, in_background: InBackground, tmp_path: Path
) -> None:
    """Whoever waits for another one's migration goes on when that one dies."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file, lock_timeout=60)
    apply(manager, step_by_hand(subject, 1, "first"))
    stuck = stuck_in_a_migration(another, in_background, file, 2)
    waiting = in_background(manager.apply_migration, step_by_hand(subject, 2, "second"))
    expect(len(wait([waiting], timeout=0.1).done), "the calls that came back while another one migrates").equals(
        0, because="another process is in the middle of a migration: wait for it, up to lock_timeout"
    )
    kill(*stuck)
    expect(waiting.result(), "apply_migration(…) when the other process has died").is_true(
        because="a lock goes with its process: nobody has to delete a file"
    )
    expect(log_of(file), "the steps that ran").equals([1, 2], because="the other one died before it could commit")


@check(tier=2, section="§10")
def test_threads_share_a_manager(subject: Handle, races: Races, in_background: InBackground, tmp_path: Path) -> None:
    """One manager can be used from several threads, one after the other and at the same time."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    first, second = step(manager, 1), step(manager, 2)
    apply(manager, first)
    for call, argument in ((manager.apply_migration, second), (manager.rollback_migration, second)):
        try:
            in_background(call, argument).result()
        except Exception as error:  # noqa: BLE001 - whatever it was, it is what the submission did
            fail(
                "a manager that another thread uses failed",
                expected="any thread may use it",
                got=str(error),
                because="a sqlite3 connection serves the thread that opened it: open one for each call",
            )
    expect(applied_versions(manager), "the applied versions, asked in the first thread").equals([version_of(first)])

    def ran_once(run: RaceRun) -> None:
        because = "both threads looked before either had written, or they share one connection and its transaction"
        expect(run.results, "what the two calls of apply_migration returned").equals([True, True], because=because)
        expect(run.seen, "the migrations that ran").equals([1], because=because)

    races.every("migration_scenes.TwoThreadsOneManager", keeps=ran_once, kind="store")


@check(tier=2, section="§10")
def test_threads_get_different_versions(races: Races) -> None:
    """Two threads that create migrations with one manager get different versions."""

    def differ(run: RaceRun) -> None:
        because = "both read the last version before either had raised it: these two steps need to be one, under a lock"
        expect(run.results[0], "the version that one thread got").differs_from(run.results[1], because=because)

    races.every("migration_scenes.TwoNewMigrations", keeps=differ, kind="store")


@check(tier=2, section="§10")
def test_no_file_stays_open(subject: Handle, process: Process, tmp_path: Path) -> None:
    """Fifty calls leave no more files open than one, and close leaves none."""
    file = file_with_log(tmp_path)
    before = process.open_files() or 0
    process.collect_garbage(wanted=False)
    try:
        manager = open_manager(subject, file)
        migration, broken = step(manager, 1), by_hand(subject, 2, "broken", "INSERT INTO nowhere VALUES (1)", "")

        def ten_calls() -> None:
            apply(manager, migration)
            with raises("MigrationError", because="its only statement fails"):
                manager.apply_migration(broken)
            for _ in range(2):
                applied_versions(manager)
                manager.apply_all([migration])
                version_of(step(manager, 1))
            roll_back(manager, migration)
            roll_back(manager, migration)

        ten_calls()
        after_the_first = process.open_files() or 0
        for _ in range(4):
            ten_calls()
        because = "`with sqlite3.connect(…)` commits but does not close: contextlib.closing does"
        expect(process.open_files() or 0, "the number of open files after 50 calls").at_most(
            after_the_first, because=because
        )
        for _ in range(2):
            manager.close()
        expect(process.open_files() or 0, "the number of open files after close()").at_most(before, because=because)
    finally:
        process.collect_garbage(wanted=True)
