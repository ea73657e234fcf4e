"""Tier 1: versions, history, scripts of many statements, rolling back, loud errors, and applying them all."""
# ruff: noqa: ANN401, S608 - what the submission returns may be anything; the SQL is made of the suite's own words

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from grader.testing import attr, check, expect, fail, raises

LOG = "log_of_steps"
"""A table that `step` migrations write to: it tells which of them ran, and in which order."""


class File:
    """The database as the judge sees it: opened anew for each question, read, and closed."""

    def __init__(self, folder: Path) -> None:
        """Name the file; the submission creates it."""
        self.path = str(folder / "app.db")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Answer a question in SQL; a question that the database cannot answer fails the check."""
        __tracebackhide__ = True
        if not Path(self.path).exists():
            fail("there is no database file", expected="a file at db_path", got="no file")
        try:
            with closing(sqlite3.connect(self.path, timeout=1.0)) as connection:
                return connection.execute(sql).fetchall()
        except sqlite3.Error as error:
            fail(
                "the database file could not answer",
                expected=f"an answer to: {sql}",
                got=f"{error}",
                because="something is missing there, was never committed, or the file is still locked",
            )

    def column(self, sql: str) -> list[Any]:
        """Return the first column of the answer."""
        __tracebackhide__ = True
        return [row[0] for row in self.rows(sql)]

    def tables(self) -> list[str]:
        """Return the names of all tables."""
        __tracebackhide__ = True
        return self.column("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")

    def prepare(self, sql: str) -> None:
        """Set the scene before the submission sees the file; nothing here has to survive a power cut."""
        with closing(sqlite3.connect(self.path)) as connection:
            connection.executescript(f"PRAGMA synchronous = OFF; {sql}")


def word(rng: Random, prefix: str) -> str:
    """Make up a name that nobody can know in advance."""
    return f"{prefix}_{rng.randrange(10**6):06}"


def step(manager: Any, number: int) -> Any:
    """Create a migration that writes its number into the log."""
    return manager.create_migration(
        name=f"step_{number}",
        up_sql=f"INSERT INTO {LOG} (step) VALUES ({number})",
        down_sql=f"DELETE FROM {LOG} WHERE step = {number}",
    )


def log_of(file: File) -> list[int]:
    """Return the numbers of the steps that ran, in that order."""
    __tracebackhide__ = True
    return file.column(f"SELECT step FROM {LOG} ORDER BY position")


def file_with_log(folder: Path) -> File:
    """Make a database in which `step` migrations can run."""
    file = File(folder)
    file.prepare(f"CREATE TABLE {LOG} (position INTEGER PRIMARY KEY AUTOINCREMENT, step INTEGER NOT NULL)")
    return file


def version_of(migration: Any) -> int:
    """Return the version, which must be a positive whole number."""
    __tracebackhide__ = True
    version = attr(migration, "version")
    expect(version, "the version of a migration").is_a(int)
    expect(version, "the version of a migration").at_least(1)
    return int(version)


def applied(manager: Any) -> list[Any]:
    """Return what `get_applied_migrations` returns, which must be a list."""
    __tracebackhide__ = True
    migrations = manager.get_applied_migrations()
    if type(migrations) is not list:
        fail(
            "get_applied_migrations() did not return a list", expected="a list of migrations", got=migrations
        )
    return migrations


def applied_versions(manager: Any) -> list[int]:
    """Return the versions that `get_applied_migrations` lists."""
    __tracebackhide__ = True
    return [version_of(migration) for migration in applied(manager)]


def apply(manager: Any, migration: Any) -> None:
    """Apply a migration that works."""
    __tracebackhide__ = True
    expect(manager.apply_migration(migration), "apply_migration(…)").is_true(
        because="it returns True for a migration that is applied, and raises otherwise"
    )


def roll_back(manager: Any, migration: Any) -> None:
    """Roll back a migration that works."""
    __tracebackhide__ = True
    expect(manager.rollback_migration(migration), "rollback_migration(…)").is_true(
        because="it returns True when the migration is not applied any more, and raises otherwise"
    )


@check(tier=1, section="§1")
def test_each_new_migration_has_a_higher_version(subject: Any, tmp_path: Path) -> None:
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
def test_versions_continue_after_a_restart(subject: Any, tmp_path: Path) -> None:
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
def test_recorded_migration_keeps_its_version(subject: Any, tmp_path: Path) -> None:
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
def test_checksum_follows_the_scripts(subject: Any, tmp_path: Path, rng: Random) -> None:
    """The checksum is the same for the same scripts, and another one if either script differs."""
    name, table, other = word(rng, "name"), word(rng, "a"), word(rng, "b")
    up, down = f"CREATE TABLE {table} (x)", f"DROP TABLE {table}"

    def checksum(database: str, up_sql: str, down_sql: str) -> Any:
        manager = subject.MigrationManager(str(tmp_path / database))
        return attr(manager.create_migration(name, up_sql, down_sql), "checksum")

    original = checksum("one.db", up, down)
    expect(original, "the checksum of a new migration").is_a(str)
    expect(original, "the checksum of a new migration").differs_from("")
    expect(checksum("two.db", up, down), "the checksum of the same migration in another database").equals(
        original, because="it depends on something besides the migration, such as the time"
    )
    expect(
        checksum("three.db", f"CREATE TABLE {other} (x)", down), "the checksum with another up_sql"
    ).differs_from(original, because="an edited up script must show")
    expect(checksum("four.db", up, f"DROP TABLE {other}"), "the checksum with another down_sql").differs_from(
        original, because="an edited down script must show"
    )


@check(tier=1, section="§2")
def test_applying_changes_the_database(subject: Any, tmp_path: Path, rng: Random) -> None:
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
def test_applied_migration_is_listed(subject: Any, tmp_path: Path, rng: Random) -> None:
    """An applied migration is listed with its version, name and checksum, and the time in UTC."""
    manager = subject.MigrationManager(File(tmp_path).path)
    expect(applied(manager), "get_applied_migrations() in a new database").equals([])
    name, table = word(rng, "create"), word(rng, "t")
    migration = manager.create_migration(name, f"CREATE TABLE {table} (x)", f"DROP TABLE {table}")
    expect(applied(manager), "get_applied_migrations() before the first is applied").equals([])
    before = datetime.now(UTC)
    apply(manager, migration)
    after = datetime.now(UTC)

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
    expect(moment, "applied_at").satisfies(
        before - margin <= moment <= after + margin, "the time of the call"
    )


@check(tier=1, section="§2")
def test_applying_twice_runs_once(subject: Any, tmp_path: Path) -> None:
    """Applying a migration again runs nothing, also after a restart."""
    file = file_with_log(tmp_path)
    manager = subject.MigrationManager(file.path)
    migration = step(manager, 1)
    apply(manager, migration)
    expect(log_of(file), "the steps that ran, after one call").equals(
        [1], because="a call commits what it did"
    )
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
def test_history_is_a_table_in_the_database(subject: Any, tmp_path: Path) -> None:
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


@check(tier=1, section="§3")
def test_every_statement_runs(subject: Any, tmp_path: Path, rng: Random) -> None:
    """All statements of a script run, in both directions."""
    file, people, index = File(tmp_path), word(rng, "people"), word(rng, "idx")
    manager = subject.MigrationManager(file.path)
    names = sorted(word(rng, "name") for _ in range(3))
    migration = manager.create_migration(
        "people",
        f"""
        CREATE TABLE {people} (name TEXT NOT NULL);
        CREATE INDEX {index} ON {people} (name);
        INSERT INTO {people} VALUES ('{names[0]}');
        INSERT INTO {people} VALUES ('{names[1]}'), ('{names[2]}')
        """,
        f"DROP INDEX {index}; DELETE FROM {people};",
    )
    apply(manager, migration)
    expect(
        file.column(f"SELECT name FROM {people} ORDER BY name"), "the rows that the script inserts"
    ).equals(names)
    indexes = "SELECT name FROM sqlite_master WHERE type = 'index'"
    expect(file.column(indexes), "the indexes in the file").contains(index)

    roll_back(manager, migration)
    expect(file.column(indexes), "the indexes after rolling back").satisfies(
        index not in file.column(indexes),
        f"indexes without {index}",
        because="the first statement of the down script",
    )
    expect(file.rows(f"SELECT name FROM {people}"), "the rows after rolling back").equals(
        [], because="the second statement of the down script deletes them"
    )


@check(tier=1, section="§3")
def test_semicolon_in_a_string_or_comment_is_text(subject: Any, tmp_path: Path, rng: Random) -> None:
    """A semicolon inside a string or a comment ends nothing."""
    file, secret = File(tmp_path), word(rng, "word")
    manager = subject.MigrationManager(file.path)
    texts = [f"one; {secret}", "it's; fine", "a -- b; c", "/* no; comment */", "last"]
    script = f"""
        -- where the notes go; nothing runs here
        CREATE TABLE notes (text TEXT);
        INSERT INTO notes VALUES ('one; {secret}');
        INSERT INTO notes VALUES ('it''s; fine'), ('a -- b; c'), ('/* no; comment */');
        /* one more;
           to show that it's the last; */
        INSERT INTO notes VALUES ('last') -- done; really"""
    migration = manager.create_migration("notes", script, "DROP TABLE notes -- gone; all of it")
    apply(manager, migration)
    expect(file.column("SELECT text FROM notes ORDER BY rowid"), "the texts in the table").equals(
        texts, because="each text is one row: all that stands between the quotes, semicolons and hyphens too"
    )
    roll_back(manager, migration)
    expect(file.tables(), "the tables after rolling back").satisfies(
        "notes" not in file.tables(), "tables without notes"
    )


@check(tier=1, section="§3")
def test_trigger_is_one_statement(subject: Any, tmp_path: Path, rng: Random) -> None:
    """A trigger is one statement, whatever semicolons are in its body."""
    file, title = File(tmp_path), word(rng, "title")
    manager = subject.MigrationManager(file.path)
    script = f"""
        CREATE TABLE posts (title TEXT);
        CREATE TABLE journal (entry TEXT);
        CREATE TABLE counts (posts INTEGER);
        INSERT INTO counts VALUES (0);
        CREATE TRIGGER keep_journal AFTER INSERT ON posts
        BEGIN
            INSERT INTO journal VALUES ('new: ' || NEW.title);
            UPDATE counts SET posts = posts + 1;
        END;
        INSERT INTO posts VALUES ('{title}');
    """
    down = "DROP TRIGGER keep_journal; DROP TABLE counts; DROP TABLE journal; DROP TABLE posts;"
    apply(manager, manager.create_migration("posts", script, down))
    because = "both statements between BEGIN and END belong to the trigger, and it fires once"
    expect(file.column("SELECT entry FROM journal"), "what the trigger wrote").equals(
        [f"new: {title}"], because=because
    )
    expect(file.column("SELECT posts FROM counts"), "what the trigger counted").equals([1], because=because)


@check(tier=1, section="§4")
def test_rollback_undoes_the_migration(subject: Any, tmp_path: Path, rng: Random) -> None:
    """Rolling back undoes the schema and the record, and the migration can be applied again."""
    file, table, index = File(tmp_path), word(rng, "t"), word(rng, "i")
    schema = f"SELECT type, name, tbl_name, sql FROM sqlite_master WHERE tbl_name = '{table}' ORDER BY name"
    manager = subject.MigrationManager(file.path)
    migration = manager.create_migration(
        "orders",
        f"CREATE TABLE {table} (total INTEGER); CREATE INDEX {index} ON {table} (total);",
        f"DROP TABLE {table};",
    )
    apply(manager, migration)
    schema_once_applied = file.rows(schema)
    expect(len(schema_once_applied), "the number of things created").equals(2)

    roll_back(manager, migration)
    expect(file.rows(schema), "what is left of the migration's schema").equals(
        [], because="the down script drops it"
    )
    expect(applied_versions(manager), "the applied versions after rolling back").equals([])
    expect(file.rows("SELECT version FROM schema_migrations"), "the rows left in schema_migrations").equals(
        []
    )

    apply(manager, migration)
    expect(file.rows(schema), "the schema after applying it once more").equals(schema_once_applied)
    expect(applied_versions(manager), "the applied versions after applying it once more").equals(
        [version_of(migration)]
    )


@check(tier=1, section="§4")
def test_rollback_of_an_unapplied_migration_runs_nothing(subject: Any, tmp_path: Path) -> None:
    """Rolling back a migration that is not applied runs nothing, and returns True."""
    file = file_with_log(tmp_path)
    manager = subject.MigrationManager(file.path)
    apply(manager, step(manager, 1))
    expect(log_of(file), "the steps that ran").equals([1], because="a call commits what it did")
    never_applied = manager.create_migration("never", "SELECT 1", f"DELETE FROM {LOG}")
    roll_back(manager, never_applied)
    expect(log_of(file), "the steps in the log").equals(
        [1], because="the down script of a migration that never ran would delete them"
    )
    expect(len(applied(manager)), "the number of applied migrations").equals(1)

    second = step(manager, 2)
    apply(manager, second)
    for _ in range(2):
        roll_back(manager, second)
    expect(log_of(file), "the steps in the log after rolling back the second one twice").equals([1])


@check(tier=1, section="§5")
def test_failed_migration_is_loud_and_not_recorded(subject: Any, tmp_path: Path) -> None:
    """A migration that fails raises MigrationError and is not in the history."""
    file = file_with_log(tmp_path)
    manager = subject.MigrationManager(file.path)
    apply(manager, step(manager, 1))
    good = applied_versions(manager)
    for name, sql in (("nowhere", "INSERT INTO nowhere VALUES (1)"), ("misspelt", "CREATE TABEL t (x)")):
        bad = manager.create_migration(name, sql, "SELECT 1")
        with raises(
            "MigrationError", because="an error that is printed, or returned as False, is overlooked"
        ):
            manager.apply_migration(bad)
        expect(applied_versions(manager), "the applied versions after one failed").equals(
            good, because="a migration that failed must not count as applied"
        )
    expect(
        len(file.rows("SELECT version FROM schema_migrations")), "the number of rows in schema_migrations"
    ).equals(1)


@check(tier=1, section="§5")
def test_error_says_what_failed(subject: Any, tmp_path: Path, rng: Random) -> None:
    """The error names the migration, the SQL that failed, and what the database said."""
    manager = subject.MigrationManager(File(tmp_path).path)
    for number in range(rng.randrange(11, 20)):
        step(manager, number)
    name, table = word(rng, "fill"), word(rng, "missing")
    statement = f"INSERT INTO {table} (x) VALUES (17)"
    migration = manager.create_migration(name, statement, "SELECT 1")
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
def test_failed_rollback_is_loud(subject: Any, tmp_path: Path) -> None:
    """A rollback that fails raises MigrationError, and the migration stays in the history."""
    file = File(tmp_path)
    manager = subject.MigrationManager(file.path)
    migration = manager.create_migration("rooms", "CREATE TABLE rooms (x)", "DROP TABLE halls")
    apply(manager, migration)
    with raises(
        "MigrationError", because="the down script failed: the database is not what the caller thinks"
    ):
        manager.rollback_migration(migration)
    expect(applied_versions(manager), "the applied versions after the rollback failed").equals(
        [version_of(migration)], because="the table is still there, so the migration still counts"
    )
    expect(file.tables(), "the tables after the rollback failed").contains("rooms")


@check(tier=1, section="§6")
def test_apply_all_goes_by_version(subject: Any, tmp_path: Path, rng: Random) -> None:
    """apply_all applies what is pending from the lowest version to the highest, whatever the order given."""
    file = file_with_log(tmp_path)
    manager = subject.MigrationManager(file.path)
    steps = range(1, 12)
    migrations = [step(manager, number) for number in steps]
    versions = [version_of(migration) for migration in migrations]
    for migration in migrations[:2]:
        apply(manager, migration)

    shuffled = [migrations[-1], *rng.sample(migrations[:-1], len(migrations) - 1)]
    expect(
        manager.apply_all(shuffled), "what apply_all(…) returned, with the first two applied before"
    ).equals(
        versions[2:],
        because="it returns the versions it applied itself, in the order of their numbers: 10 is after 9",
    )
    expect(log_of(file), "the steps in the order in which they ran").equals(
        list(steps), because="versions are numbers: as text, '10' comes before '9'"
    )
    expect(applied_versions(manager), "the versions in the history, as listed").equals(versions)
    expect(manager.apply_all(shuffled), "what apply_all(…) returned when called again").equals(
        [], because="there was nothing left to apply"
    )
    expect(log_of(file), "the steps that ran, after calling it again").equals(list(steps))


@check(tier=1, section="§6")
def test_apply_all_stops_at_the_first_failure(subject: Any, tmp_path: Path, rng: Random) -> None:
    """apply_all stops at the first migration that fails: those before it stay, those after it do not run."""
    file = file_with_log(tmp_path)
    manager = subject.MigrationManager(file.path)
    before = [step(manager, number) for number in (1, 2)]
    broken = manager.create_migration("broken", f"INSERT INTO {word(rng, 'missing')} VALUES (1)", "SELECT 1")
    after = [step(manager, number) for number in (3, 4)]
    with raises("MigrationError", because="one of the migrations failed"):
        manager.apply_all([*after, broken, *before])
    expect(log_of(file), "the steps that ran").equals(
        [1, 2], because="later migrations build on earlier ones: after a failure, none of them may run"
    )
    expect(applied_versions(manager), "the applied versions").equals(
        [version_of(migration) for migration in before]
    )
