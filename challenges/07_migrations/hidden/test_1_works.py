"""Tier 1: applying, and the history."""
# ruff: noqa: S608 - the SQL is made of the suite's own words

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from grader.testing import Clock, Handle, attr, check, expect
from migration_calls import (
    applied,
    applied_versions,
    apply,
    create_new,
    open_manager,
    roll_back,
    unless_refused,
    version_of,
    word,
)
from sqlite_file import File
from step_log import file_with_log, log_of, step, step_by_hand


@check(tier=1, section="§2")
def test_applying_changes_the_database(subject: Handle, tmp_path: Path, rng: Random) -> None:
    """Applying a migration changes the database, and returns True."""
    file, table, value = File(tmp_path), word(rng, "books"), word(rng, "title")
    manager = open_manager(subject, file)
    apply(
        manager,
        create_new(manager, "create", f"CREATE TABLE {table} (title TEXT)", f"DROP TABLE {table}"),
    )
    expect(file.tables(), "the tables in the file").contains(
        table, because="the up script did not run, or was not committed"
    )
    fill = f"INSERT INTO {table} VALUES ('{value}')"
    apply(manager, create_new(manager, "fill", fill, f"DELETE FROM {table}"))
    expect(file.column(f"SELECT title FROM {table}"), "the rows in the file").equals(
        [value], because="sqlite3 opens a transaction for an INSERT: without a commit, its row is gone"
    )


@check(tier=1, section="§2")
def test_applied_migration_is_listed(subject: Handle, clock: Clock, tmp_path: Path, rng: Random) -> None:
    """An applied migration is listed with its version, name and checksum, and the time in UTC."""
    manager = open_manager(subject, File(tmp_path))
    expect(applied(manager), "get_applied_migrations() in a new database").equals([])
    name, table = word(rng, "create"), word(rng, "t")
    migration = create_new(manager, name, f"CREATE TABLE {table} (x)", f"DROP TABLE {table}")
    expect(applied(manager), "get_applied_migrations() before the first is applied").equals([])
    before = datetime.fromtimestamp(clock.now(), UTC)
    apply(manager, migration)
    after = datetime.fromtimestamp(clock.now(), UTC)

    listed = applied(manager)
    expect(len(listed), "the number of applied migrations").equals(
        1, because="what apply_migration has applied is in the history, and committed"
    )
    for field in ("version", "name", "checksum"):
        expect(attr(listed[0], field), f"the {field} in the history").equals(attr(migration, field))
    moment = attr(listed[0], "applied_at")
    expect(moment, "applied_at").is_a(
        datetime, because="a datetime object: neither text nor a number, and not None once it is applied"
    )
    if moment.utcoffset() is None:
        because = "a datetime without a time zone means another moment on every machine: use datetime.now(UTC)"
    else:
        because = "it has a time zone, but not UTC: use datetime.now(UTC), or moment.astimezone(UTC)"
    expect(moment, "applied_at").satisfies(
        moment.utcoffset() == timedelta(0), "a datetime with the time zone UTC", because=because
    )
    margin = timedelta(minutes=5)
    expect(moment, "applied_at").satisfies(
        before - margin <= moment <= after + margin,
        f"the time of the call, about {after:%Y-%m-%d %H:%M} UTC",
        because="if it is whole hours off, a local time was labelled as UTC",
    )


@check(tier=1, section="§2")
def test_applying_twice_runs_once(subject: Handle, tmp_path: Path) -> None:
    """Applying a migration again runs nothing, also after a restart."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    migration = step(manager, 1)
    apply(manager, migration)
    expect(log_of(file), "the steps that ran, after one call").equals([1], because="a call commits what it did")
    apply(manager, migration)
    expect(log_of(file), "the steps that ran, after two calls").equals(
        [1], because="look into the history before you run the script"
    )
    restarted = open_manager(subject, file)
    apply(restarted, migration)
    expect(log_of(file), "the steps that ran, after one more call by another manager").equals(
        [1], because="the history is in the database, where every manager finds it"
    )
    expect(applied_versions(restarted), "the applied versions").equals([version_of(migration)])


@check(tier=1, section="§2")
def test_history_is_a_table_in_the_database(subject: Handle, tmp_path: Path) -> None:
    """The history is the table schema_migrations, in the database itself."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    migrations = [step(manager, number) for number in (1, 2)]
    for migration in migrations:
        apply(manager, migration)
    expect(file.tables(), "the tables in the file").contains(
        "schema_migrations",
        because="a history beside the database goes astray when the file is copied or restored",
    )
    expect(
        file.rows("SELECT version, name FROM schema_migrations ORDER BY version"),
        "version and name of the rows in schema_migrations",
    ).equals([(version_of(migration), attr(migration, "name")) for migration in migrations])
    expect(
        applied_versions(open_manager(subject, file)),
        "the applied versions, asked of another manager",
    ).equals([version_of(migration) for migration in migrations])


@check(tier=1, section="§2")
def test_version_tells_what_is_applied(subject: Handle, tmp_path: Path) -> None:
    """A migration counts as applied by its version, not by its name."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    first = step_by_hand(subject, 3, name="fill")
    apply(manager, first)
    expect(applied_versions(manager), "the applied versions after applying 3").equals(
        [3], because="what apply_migration has applied is in the history, and committed"
    )
    namesake = step_by_hand(subject, 5, name="fill")
    roll_back(manager, namesake)
    because = "version 5 is not in the history, although a migration of the same name is: look for the version"
    expect(applied_versions(manager), "the applied versions after rolling back 5, which was not applied").equals(
        [3], because=because
    )
    refusal = "version 5 is applied; or DuplicateMigration is raised as in §8, for its name is taken"
    if unless_refused(lambda: apply(manager, namesake), refusal):
        expect(log_of(file), "the steps that ran, after applying 3 and 5").equals([3, 5], because=because)
        expect(applied_versions(manager), "the applied versions after applying 3 and 5").equals([3, 5], because=because)
