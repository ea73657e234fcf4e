"""Tier 1: scripts of many statements, run forward and rolled back."""
# ruff: noqa: S608 - the SQL is made of the suite's own words

from pathlib import Path
from random import Random

from grader.testing import Handle, check, expect
from migration_calls import applied, applied_versions, apply, create_new, open_manager, roll_back, version_of, word
from sqlite_file import File
from step_log import LOG, file_with_log, log_of, step


@check(tier=1, section="§3")
def test_every_statement_runs(subject: Handle, tmp_path: Path, rng: Random) -> None:
    """All statements of a script run, in both directions."""
    file, people, index = File(tmp_path), word(rng, "people"), word(rng, "idx")
    manager = open_manager(subject, file)
    names = sorted(word(rng, "name") for _ in range(3))
    migration = create_new(
        manager,
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
    expect(file.column(f"SELECT name FROM {people} ORDER BY name"), "the rows that the script inserts").equals(
        names, because="all statements of the script run, in order, and what they did is committed"
    )
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
def test_semicolon_in_a_string_or_comment_is_text(subject: Handle, tmp_path: Path, rng: Random) -> None:
    """A semicolon inside a string or a comment ends nothing."""
    file, secret = File(tmp_path), word(rng, "word")
    manager = open_manager(subject, file)
    texts = [f"one; {secret}", "it's; fine", "a -- b; c", "/* no; comment */", "last"]
    script = f"""
        -- where the notes go; nothing runs here
        CREATE TABLE notes (text TEXT);
        INSERT INTO notes VALUES ('one; {secret}');
        INSERT INTO notes VALUES ('it''s; fine'), ('a -- b; c'), ('/* no; comment */');
        /* one more;
           to show that it's the last; */
        INSERT INTO notes VALUES ('last') -- done; really"""
    migration = create_new(manager, "notes", script, "DROP TABLE notes -- gone; all of it")
    apply(manager, migration)
    expect(file.column("SELECT text FROM notes ORDER BY rowid"), "the texts in the table").equals(
        texts, because="each text is one row: all that stands between the quotes, semicolons and hyphens too"
    )
    roll_back(manager, migration)
    expect(file.tables(), "the tables after rolling back").satisfies(
        "notes" not in file.tables(), "tables without notes"
    )


@check(tier=1, section="§3")
def test_trigger_is_one_statement(subject: Handle, tmp_path: Path, rng: Random) -> None:
    """A trigger is one statement, whatever semicolons are in its body."""
    file, title = File(tmp_path), word(rng, "title")
    manager = open_manager(subject, file)
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
    apply(manager, create_new(manager, "posts", script, down))
    because = "both statements between BEGIN and END belong to the trigger, and it fires once"
    expect(file.column("SELECT entry FROM journal"), "what the trigger wrote").equals(
        [f"new: {title}"], because=because
    )
    expect(file.column("SELECT posts FROM counts"), "what the trigger counted").equals([1], because=because)


@check(tier=1, section="§4")
def test_rollback_undoes_the_migration(subject: Handle, tmp_path: Path, rng: Random) -> None:
    """Rolling back undoes the schema and the record, and the migration can be applied again."""
    file, table, index = File(tmp_path), word(rng, "t"), word(rng, "i")
    schema = f"SELECT type, name, tbl_name, sql FROM sqlite_master WHERE tbl_name = '{table}' ORDER BY name"
    manager = open_manager(subject, file)
    migration = create_new(
        manager,
        "orders",
        f"CREATE TABLE {table} (total INTEGER); CREATE INDEX {index} ON {table} (total);",
        f"DROP TABLE {table};",
    )
    apply(manager, migration)
    schema_once_applied = file.rows(schema)
    expect(len(schema_once_applied), "the number of things created").equals(2)

    roll_back(manager, migration)
    expect(file.rows(schema), "what is left of the migration's schema").equals([], because="the down script drops it")
    expect(applied_versions(manager), "the applied versions after rolling back").equals([])
    expect(file.rows("SELECT version FROM schema_migrations"), "the rows left in schema_migrations").equals([])

    apply(manager, migration)
    expect(file.rows(schema), "the schema after applying it once more").equals(schema_once_applied)
    expect(applied_versions(manager), "the applied versions after applying it once more").equals(
        [version_of(migration)]
    )


@check(tier=1, section="§4")
def test_rollback_of_an_unapplied_migration_runs_nothing(subject: Handle, tmp_path: Path) -> None:
    """Rolling back a migration that is not applied runs nothing, and returns True."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    apply(manager, step(manager, 1))
    expect(log_of(file), "the steps that ran").equals([1], because="a call commits what it did")
    never_applied = create_new(manager, "never", "SELECT 1", f"DELETE FROM {LOG}")
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


@check(tier=1, section="§4")
def test_rollback_forgets_its_own_record_only(subject: Handle, tmp_path: Path) -> None:
    """Rolling back removes one migration from the history, and leaves the others."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    migrations = [step(manager, number) for number in (1, 2, 3)]
    versions = [version_of(migration) for migration in migrations]
    for migration in migrations:
        apply(manager, migration)
    expect(applied_versions(manager), "the applied versions before rolling back").equals(
        versions, because="what apply_migration has applied is in the history, and committed"
    )
    roll_back(manager, migrations[-1])
    left = file.column("SELECT version FROM schema_migrations ORDER BY version")
    if not left:
        because = "the whole history is gone: a DELETE without a WHERE removes every row"
    elif left == versions:
        because = "the migration that was rolled back is still recorded, or its removal was not committed"
    else:
        because = "remove the row with the version that was rolled back, and no other row"
    expect(left, f"the versions in schema_migrations after rolling back {versions[-1]} of {versions}").equals(
        versions[:-1], because=because
    )
    expect(applied_versions(manager), "the applied versions").equals(versions[:-1], because=because)
    expect(log_of(file), "the steps in the log").equals([1, 2], because="one down script ran, that of the third step")
