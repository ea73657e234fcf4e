"""Tier 1: versions, applying, and the history."""
# ruff: noqa: S608 - the SQL is made of the suite's own words

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

from grader.testing import Clock, Handle, attr, check, expect
from migration_calls import applied, applied_versions, apply, version_of, word
from sqlite_file import File
from step_log import file_with_log, log_of, step


@check(tier=1, section="§1")
def test_each_new_migration_has_a_higher_version(subject: Handle, tmp_path: Path) -> None:
    """Each new migration gets a higher version than the one before, even if none is applied."""
    manager = subject.MigrationManager(File(tmp_path).path)
    versions = [version_of(step(manager, number)) for number in range(5)]
    ascending = all(earlier < later for earlier, later in pairwise(versions))
    expect(versions, "the versions of five new migrations").satisfies(
        ascending,
        "five different numbers, each higher than the one before",
        because="a version taken from the history alone is given out again until it is applied",
    )


@check(tier=1, section="§1")
def test_versions_continue_after_a_restart(subject: Handle, tmp_path: Path) -> None:
    """After a restart, new versions go on above the applied ones."""
    file = file_with_log(tmp_path)
    manager = subject.MigrationManager(file.path)
    for number in (1, 2):
        apply(manager, step(manager, number))
    highest = max(applied_versions(manager), default=0)

    restarted = subject.MigrationManager(file.path)
    expect(version_of(step(restarted, 3)), f"the next version, with {highest} applied").at_least(
        highest + 1, because="a counter in memory begins again at 1: the history knows what is taken"
    )


@check(tier=1, section="§1")
def test_recorded_migration_keeps_its_version(subject: Handle, tmp_path: Path) -> None:
    """A program that runs a second time creates and applies nothing new."""
    file = file_with_log(tmp_path)
    first_run = subject.MigrationManager(file.path)
    versions = []
    for number in (1, 2):
        migration = step(first_run, number)
        apply(first_run, migration)
        versions.append(version_of(migration))

    second_run = subject.MigrationManager(file.path)
    again = [step(second_run, number) for number in (1, 2)]
    expect([version_of(migration) for migration in again], "the versions in the second run").equals(
        versions, because="create_migration looks into the history for the same name and scripts"
    )
    for migration in again:
        apply(second_run, migration)
    expect(log_of(file), "the steps that ran, in both runs together").equals([1, 2])


@check(tier=1, section="§1")
def test_checksum_follows_the_scripts(subject: Handle, tmp_path: Path, rng: Random) -> None:
    """The checksum is the same for the same scripts, and another one if either script differs."""
    name, table, other = word(rng, "name"), word(rng, "a"), word(rng, "b")
    up, down = f"CREATE TABLE {table} (x)", f"DROP TABLE {table}"

    def checksum(database: str, up_sql: str, down_sql: str) -> object:
        manager = subject.MigrationManager(str(tmp_path / database))
        return attr(manager.create_migration(name, up_sql, down_sql), "checksum")

    original = checksum("one.db", up, down)
    expect(original, "the checksum of a new migration").is_a(str)
    expect(original, "the checksum of a new migration").differs_from("")
    expect(checksum("two.db", up, down), "the checksum of the same migration in another database").equals(
        original, because="it depends on something besides the migration, such as the time"
    )
    expect(checksum("three.db", f"CREATE TABLE {other} (x)", down), "the checksum with another up_sql").differs_from(
        original, because="an edited up script must show"
    )
    expect(checksum("four.db", up, f"DROP TABLE {other}"), "the checksum with another down_sql").differs_from(
        original, because="an edited down script must show"
    )


@check(tier=1, section="§2")
def test_applying_changes_the_database(subject: Handle, tmp_path: Path, rng: Random) -> None:
    """Applying a migration changes the database, and returns True."""
    file, table, value = File(tmp_path), word(rng, "books"), word(rng, "title")
    manager = subject.MigrationManager(file.path)
    apply(
        manager,
        manager.create_migration("create", f"CREATE TABLE {table} (title TEXT)", f"DROP TABLE {table}"),
    )
    expect(file.tables(), "the tables in the file").contains(
        table, because="the up script did not run, or was not committed"
    )
    fill = f"INSERT INTO {table} VALUES ('{value}')"
    apply(manager, manager.create_migration("fill", fill, f"DELETE FROM {table}"))
    expect(file.column(f"SELECT title FROM {table}"), "the rows in the file").equals(
        [value], because="sqlite3 opens a transaction for an INSERT: without a commit, its row is gone"
    )


@check(tier=1, section="§2")
def test_applied_migration_is_listed(subject: Handle, clock: Clock, tmp_path: Path, rng: Random) -> None:
    """An applied migration is listed with its version, name and checksum, and the time in UTC."""
    manager = subject.MigrationManager(File(tmp_path).path)
    expect(applied(manager), "get_applied_migrations() in a new database").equals([])
    name, table = word(rng, "create"), word(rng, "t")
    migration = manager.create_migration(name, f"CREATE TABLE {table} (x)", f"DROP TABLE {table}")
    expect(applied(manager), "get_applied_migrations() before the first is applied").equals([])
    before = datetime.fromtimestamp(clock.now(), UTC)
    apply(manager, migration)
    after = datetime.fromtimestamp(clock.now(), UTC)

    listed = applied(manager)
    expect(len(listed), "the number of applied migrations").equals(1)
    for field in ("version", "name", "checksum"):
        expect(attr(listed[0], field), f"the {field} in the history").equals(attr(migration, field))
    moment = attr(listed[0], "applied_at")
    expect(moment, "applied_at").is_a(datetime)
    expect(moment, "applied_at").satisfies(
        moment.utcoffset() == timedelta(0),
        "a datetime with the time zone UTC",
        because="a datetime without a time zone means another moment on every machine: use datetime.now(UTC)",
    )
    margin = timedelta(minutes=5)
    expect(moment, "applied_at").satisfies(before - margin <= moment <= after + margin, "the time of the call")


@check(tier=1, section="§2")
def test_applying_twice_runs_once(subject: Handle, tmp_path: Path) -> None:
    """Applying a migration again runs nothing, also after a restart."""
    file = file_with_log(tmp_path)
    manager = subject.MigrationManager(file.path)
    migration = step(manager, 1)
    apply(manager, migration)
    expect(log_of(file), "the steps that ran, after one call").equals([1], because="a call commits what it did")
    apply(manager, migration)
    expect(log_of(file), "the steps that ran, after two calls").equals(
        [1], because="look into the history before you run the script"
    )
    restarted = subject.MigrationManager(file.path)
    apply(restarted, migration)
    expect(log_of(file), "the steps that ran, after one more call by another manager").equals(
        [1], because="the history is in the database, where every manager finds it"
    )
    expect(applied_versions(restarted), "the applied versions").equals([version_of(migration)])


@check(tier=1, section="§2")
def test_history_is_a_table_in_the_database(subject: Handle, tmp_path: Path) -> None:
    """The history is the table schema_migrations, in the database itself."""
    file = file_with_log(tmp_path)
    manager = subject.MigrationManager(file.path)
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
        applied_versions(subject.MigrationManager(file.path)),
        "the applied versions, asked of another manager",
    ).equals([version_of(migration) for migration in migrations])
