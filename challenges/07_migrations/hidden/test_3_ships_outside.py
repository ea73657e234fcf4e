"""Tier 3 of migrations, §13 and §14: what cannot be a transaction, and foreign keys."""
# ruff: noqa: S608 - the SQL is made of the suite's own words

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from endless import kill, stuck_in_a_migration
from grader.testing import Another, Handle, attr, check, expect, raises
from migration_calls import applied_versions, apply, apply_all, by_hand, open_manager, roll_back
from step_log import LOG, file_with_log, log_of, log_step, step_by_hand

FAILS = "INSERT INTO nowhere VALUES (1)"


@check(tier=3, section="§13")
def test_step_may_run_outside_a_transaction(subject: Handle, tmp_path: Path) -> None:
    """A migration with transactional=False may hold what refuses to run in a transaction, both ways."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    vacuum = manager.create_migration(
        "vacuum", f"{log_step(1)}; VACUUM", f"VACUUM; DELETE FROM {LOG}", transactional=False
    )
    apply(manager, vacuum)
    expect(log_of(file), "the steps that ran").equals([1])
    expect(len(applied_versions(manager)), "the number of applied migrations").equals(
        1, because="its script came to its end, so the mark is gone and it counts as applied"
    )
    apply(manager, vacuum)
    expect(log_of(file), "the steps that ran, with the migration applied twice").equals([1])
    roll_back(open_manager(subject, file), vacuum)
    expect(log_of(file), "the steps in the log after rolling back").equals([])
    expect(applied_versions(manager), "the applied versions after rolling back").equals([])


@check(tier=3, section="§13")
def test_unfinished_step_is_dirty(subject: Handle, tmp_path: Path) -> None:
    """A step outside a transaction that fails is dirty: its mark stays, and nothing else runs."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    first, third = step_by_hand(subject, 1, "first"), step_by_hand(subject, 3, "third")
    broken = by_hand(subject, 2, "second", f"{log_step(2)}; {FAILS}", "SELECT 1", transactional=False)
    apply(manager, first)
    with raises("MigrationError", because="its second statement fails"):
        manager.apply_migration(broken)
    because = "outside a transaction nothing is undone: what it did until then stays"
    expect(log_of(file), "the steps that ran").equals([1, 2], because=because)
    _is_dirty(manager, [first, broken, third], dirty=2)
    expect(log_of(file), "the steps that ran, in a dirty database").equals([1, 2], because="no script runs any more")


def _is_dirty(manager: Handle, migrations: list[Handle], dirty: int) -> None:
    """Require that a dirty database shows it, and that everything else waits."""
    __tracebackhide__ = True
    because = f"version {dirty} began and did not finish"
    found = {attr(status, "version"): attr(status, "state") for status in manager.status(migrations)}
    expect(found, "the states in status(…)").equals({1: "applied", dirty: "dirty", 3: "pending"}, because=because)
    expect(applied_versions(manager), "the applied versions").equals([1], because=because)
    for call in (
        lambda: manager.apply_migration(migrations[-1]),
        lambda: manager.apply_all(migrations),
        lambda: manager.plan(migrations),
        lambda: manager.validate(migrations),
        lambda: manager.rollback_to(0),
        lambda: manager.rollback_migration(migrations[0]),
    ):
        with raises("DirtyDatabase", because=f"{because}: nobody knows what the database looks like"):
            call()


@check(tier=3, section="§13")
def test_unfinished_rollback_is_dirty(subject: Handle, tmp_path: Path) -> None:
    """A rollback outside a transaction that fails is dirty as well."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    first, third = step_by_hand(subject, 1, "first"), step_by_hand(subject, 3, "third")
    down_sql = f"DELETE FROM {LOG} WHERE step = 2; {FAILS}"
    broken = by_hand(subject, 2, "second", log_step(2), down_sql, transactional=False)
    apply_all(manager, [first, broken])
    with raises("MigrationError", because="the second statement of its down script fails"):
        manager.rollback_migration(broken)
    _is_dirty(manager, [first, broken, third], dirty=2)
    expect(log_of(file), "the steps in the log").equals([1], because="what the down script did until then stays")


@check(tier=3, section="§13", call_seconds=8.0)
def test_killed_step_is_dirty(
    subject: Handle, another: Another, in_background: Callable[..., "Future[Any]"], tmp_path: Path
) -> None:
    """A step outside a transaction is marked before it begins: if its process is killed, the next one sees the mark."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    first, third = step_by_hand(subject, 1, "first"), step_by_hand(subject, 3, "third")
    apply(manager, first)
    kill(*stuck_in_a_migration(another, in_background, file, 2, transactional=False))
    expect(file.tables(), "the tables after the process was killed").contains(
        "endless", because="outside a transaction its first statement is there as soon as it ran"
    )
    _is_dirty(manager, [first, third], dirty=2)


@check(tier=3, section="§13")
def test_repair_settles_a_dirty_step(subject: Handle, tmp_path: Path) -> None:
    """Repair keeps a dirty migration as applied, or removes it; then all goes on."""
    for kept in (True, False):
        folder = tmp_path / str(kept)
        folder.mkdir()
        file = file_with_log(folder)
        manager = open_manager(subject, file)
        broken = by_hand(subject, 2, "second", f"{log_step(2)}; {FAILS}", "SELECT 1", transactional=False)
        apply(manager, step_by_hand(subject, 1, "first"))
        with raises("MigrationError", because="its second statement fails"):
            manager.apply_migration(broken)
        open_manager(subject, file).repair(2, applied=kept)
        expected = [1, 2] if kept else [1]
        because = f"somebody looked at the database and said applied={kept}"
        expect(applied_versions(manager), f"the applied versions after repair(2, applied={kept})").equals(
            expected, because=because
        )
        apply(manager, step_by_hand(subject, 3, "third"))
        expect(log_of(file), "the steps that ran").equals([1, 2, 3], because="the mark is gone, so all goes on")


@check(tier=3, section="§13")
def test_only_what_is_dirty_is_repaired(subject: Handle, tmp_path: Path) -> None:
    """Repair refuses a version that is not dirty, and changes nothing then."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    apply(manager, step_by_hand(subject, 1, "first"))
    for version, what in ((1, "is applied, and came to its end"), (2, "is not in the history")):
        for kept in (True, False):
            with raises("MigrationError", because=f"version {version} {what}: there is nothing to repair"):
                manager.repair(version, applied=kept)
    expect(applied_versions(manager), "the applied versions").equals([1])


FAMILY = """
    CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent (id) ON DELETE CASCADE);
    INSERT INTO parent VALUES (1, 'ann'), (2, 'bob');
    INSERT INTO child VALUES (10, 1), (20, 2);
"""
REBUILD = """
    CREATE TABLE new_parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    INSERT INTO new_parent SELECT id, name FROM parent;
    DROP TABLE parent;
    ALTER TABLE new_parent RENAME TO parent;
"""


@check(tier=3, section="§14")
def test_rebuilt_table_keeps_its_children(subject: Handle, tmp_path: Path) -> None:
    """A migration that rebuilds a table leaves the rows that point to it alone, in both directions."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    apply(manager, by_hand(subject, 1, "family", FAMILY, "DROP TABLE child; DROP TABLE parent"))
    rebuild = by_hand(subject, 2, "rebuild", REBUILD, REBUILD.replace(" NOT NULL", ""))
    because = "DROP TABLE deletes its rows first, and ON DELETE CASCADE those that point to them"
    for direction, call in (("forward", apply), ("back", roll_back)):
        call(manager, rebuild)
        expect(file.column("SELECT id FROM child ORDER BY id"), f"the rows that point to it, {direction}").equals(
            [10, 20], because=because
        )
        expect(file.rows("SELECT id, name FROM parent ORDER BY id"), f"the rows of the table, {direction}").equals(
            [(1, "ann"), (2, "bob")]
        )


@check(tier=3, section="§14")
def test_orphans_are_refused(subject: Handle, tmp_path: Path) -> None:
    """A migration after which a row points to nothing is refused and undone, in both directions."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    apply(manager, by_hand(subject, 1, "family", FAMILY.replace(" ON DELETE CASCADE", ""), "DROP TABLE child"))
    because = "a row of child points to a parent that is not there: PRAGMA foreign_key_check before the commit finds it"
    for orphaned in (
        by_hand(subject, 2, "second", f"{log_step(2)}; DELETE FROM parent WHERE id = 2", "SELECT 1"),
        by_hand(subject, 2, "second", f"{log_step(2)}; INSERT INTO child VALUES (30, 3)", "SELECT 1"),
    ):
        with raises("MigrationError", because=because):
            manager.apply_migration(orphaned)
        expect(log_of(file), "the steps that ran").equals([], because="what is refused is undone")
        expect(applied_versions(manager), "the applied versions").equals([1], because="what is refused is not applied")

    empty = by_hand(subject, 2, "second", log_step(2), f"DELETE FROM {LOG}; DELETE FROM parent")
    apply(manager, empty)
    with raises("MigrationError", because=because):
        manager.rollback_migration(empty)
    expect(applied_versions(manager), "the applied versions").equals([1, 2], because="a refused rollback is undone")
    expect(file.column("SELECT id FROM parent ORDER BY id"), "the rows of parent").equals([1, 2])
