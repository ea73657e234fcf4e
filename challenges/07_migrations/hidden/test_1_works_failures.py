"""Tier 1: what fails is loud, says why, and is not recorded."""
# ruff: noqa: S608 - the SQL is made of the suite's own words

from pathlib import Path
from random import Random

from grader.testing import Handle, check, expect, raises
from migration_calls import applied_versions, apply, by_hand, create_new, open_manager, version_of, word
from sqlite_file import File
from step_log import file_with_log, step


@check(tier=1, section="§5")
def test_failed_migration_is_loud_and_not_recorded(subject: Handle, tmp_path: Path) -> None:
    """A migration that fails raises MigrationError and is not in the history."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    apply(manager, step(manager, 1))
    good = applied_versions(manager)
    for name, sql in (("nowhere", "INSERT INTO nowhere VALUES (1)"), ("misspelt", "CREATE TABEL t (x)")):
        bad = create_new(manager, name, sql, "SELECT 1")
        with raises("MigrationError", because="an error that is printed, or returned as False, is overlooked"):
            manager.apply_migration(bad)
        expect(applied_versions(manager), "the applied versions after one failed").equals(
            good, because="the one that failed does not count as applied, and those before it still do"
        )
    expect(len(file.rows("SELECT version FROM schema_migrations")), "the number of rows in schema_migrations").equals(1)


@check(tier=1, section="§5")
def test_error_says_what_failed(subject: Handle, tmp_path: Path, rng: Random) -> None:
    """The error names the migration, the SQL that failed, and what the database said."""
    manager = open_manager(subject, File(tmp_path))
    name, table = word(rng, "fill"), word(rng, "missing")
    statement = f"INSERT INTO {table} (x) VALUES (7)"
    migration = by_hand(subject, rng.randrange(1000, 10_000), name, statement, "SELECT 1")
    with raises("MigrationError", because="a failed migration raises") as raised:
        manager.apply_migration(migration)
    wanted = {
        "the version": str(version_of(migration)),
        "the name": name,
        "the statement that failed": statement,
        "what the database said": f"no such table: {table}",
    }
    for what, text in wanted.items():
        expect(raised.message, "the message of the MigrationError").satisfies(
            text in raised.message,
            f"a message with {what} in it: {text}",
            because="whoever reads it has to find the place without searching",
        )


@check(tier=1, section="§5")
def test_failed_rollback_is_loud(subject: Handle, tmp_path: Path) -> None:
    """A rollback that fails raises MigrationError, and the migration stays in the history."""
    file = File(tmp_path)
    manager = open_manager(subject, file)
    migration = create_new(manager, "rooms", "CREATE TABLE rooms (x)", "DROP TABLE halls")
    apply(manager, migration)
    with raises("MigrationError", because="the down script failed: the database is not what the caller thinks"):
        manager.rollback_migration(migration)
    expect(applied_versions(manager), "the applied versions after the rollback failed").equals(
        [version_of(migration)], because="the table is still there, so the migration still counts"
    )
    expect(file.tables(), "the tables after the rollback failed").contains("rooms")
