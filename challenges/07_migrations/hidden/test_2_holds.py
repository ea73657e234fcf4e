"""Tier 2 of migrations, §7: all of a migration, or nothing of it."""
# ruff: noqa: S608 - the SQL is made of the suite's own words

from pathlib import Path
from random import Random

from grader.testing import Handle, check, expect, raises
from migration_calls import applied_versions, apply, by_hand, open_manager, roll_back, word
from sqlite_file import File
from step_log import LOG, file_with_log, log_of, log_step, step_by_hand


@check(tier=2, section="§7")
def test_failed_migration_changes_nothing(subject: Handle, tmp_path: Path, rng: Random) -> None:
    """If a statement fails, schema, data and history are as before, and the corrected migration can be applied."""
    file, table = file_with_log(tmp_path), word(rng, "half")
    manager = open_manager(subject, file)
    apply(manager, step_by_hand(subject, 1, "first"))
    create, down = f"CREATE TABLE {table} (x)", f"DROP TABLE {table}; DELETE FROM {LOG} WHERE step = 2"
    broken = by_hand(subject, 2, "second", f"{create}; {log_step(2)}; INSERT INTO nowhere VALUES (1)", down)
    with raises("MigrationError", because="its third statement fails"):
        manager.apply_migration(broken)

    because = "its first statements were committed before the third one failed: BEGIN before them, ROLLBACK after it"
    _is_not_there(file, table, "after its migration failed", because)
    expect(log_of(file), "the steps that ran, after a migration failed").equals([1], because=because)
    expect(applied_versions(manager), "the applied versions after a migration failed").equals([1], because=because)

    apply(manager, by_hand(subject, 2, "second", f"{create}; {log_step(2)}", down))
    expect(log_of(file), "the steps that ran, after the corrected migration").equals([1, 2])
    expect(file.tables(), "the tables after the corrected migration").contains(table)


@check(tier=2, section="§7")
def test_migration_without_its_record_is_undone(subject: Handle, tmp_path: Path, rng: Random) -> None:
    """If the history cannot be written, the migration is undone."""
    file, table = file_with_log(tmp_path), word(rng, "half")
    manager = open_manager(subject, file)
    apply(manager, step_by_hand(subject, 1, "first"))
    file.prepare(_no_more("INSERT"))
    migration = by_hand(subject, 2, "second", f"CREATE TABLE {table} (x); {log_step(2)}", f"DROP TABLE {table}")
    with raises("MigrationError", because="the history refuses the new row, so the migration cannot be applied"):
        manager.apply_migration(migration)

    because = "what ran and the record of it belong in one transaction: it was committed before the record was written"
    _is_not_there(file, table, "when its migration could not be recorded", because)
    expect(log_of(file), "the steps that ran and are recorded").equals([1], because=because)
    file.prepare("DROP TRIGGER no_more")
    apply(manager, migration)
    expect(log_of(file), "the steps that ran, once the history can be written again").equals([1, 2])


@check(tier=2, section="§7")
def test_failed_rollback_changes_nothing(subject: Handle, tmp_path: Path) -> None:
    """If the down script fails, or the record cannot be removed, nothing has changed."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    apply(manager, step_by_hand(subject, 1, "first"))
    because = "the down script ran outside the transaction that changes the history, or was committed before it"

    def nothing_changed(when: str) -> None:
        __tracebackhide__ = True
        expect(log_of(file), f"the steps in the log {when}").equals([1], because=because)
        expect(applied_versions(manager), f"the applied versions {when}").equals([1], because=because)

    file.prepare(_no_more("DELETE"))
    with raises("MigrationError", because="the history keeps its row, so the migration cannot be rolled back"):
        manager.rollback_migration(step_by_hand(subject, 1, "first"))
    nothing_changed("when the record could not be removed")
    file.prepare("DROP TRIGGER no_more")
    roll_back(manager, step_by_hand(subject, 1, "first"))

    down = f"DELETE FROM {LOG}; DROP TABLE nowhere"
    broken = by_hand(subject, 1, "first", log_step(1), down)
    apply(manager, broken)
    with raises("MigrationError", because="the second statement of the down script fails"):
        manager.rollback_migration(broken)
    nothing_changed("after the down script failed")


def _no_more(change: str) -> str:
    """Make the history refuse changes of one kind."""
    return (
        f"CREATE TRIGGER no_more BEFORE {change} ON schema_migrations"
        " BEGIN SELECT RAISE(ABORT, 'the disk is full'); END;"
    )


@check(tier=2, section="§7")
def test_script_must_not_end_its_transaction(subject: Handle, tmp_path: Path) -> None:
    """A script that contains BEGIN, COMMIT, END or ROLLBACK is refused, and not recorded."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    apply(manager, step_by_hand(subject, 1, "first"))
    endings = ("COMMIT", "COMMIT; BEGIN", "end transaction", "ROLLBACK", "BEGIN", "/* now; */ Commit -- done;\n")
    for ending in endings:
        script = f"{log_step(7)}; {ending}; {log_step(8)}"
        because = f"its script holds the statement {ending!r}: what ran before it can no longer be undone"
        with raises("MigrationError", because=because):
            manager.apply_migration(by_hand(subject, 2, "second", script, "SELECT 1"))
        expect(applied_versions(manager), f"the applied versions after a script with {ending!r} was refused").equals(
            [1], because="apply_migration raised, so the migration is not applied"
        )
    file.require_no_open_transaction()

    third = by_hand(subject, 3, "third", log_step(3), f"DELETE FROM {LOG} WHERE step = 3; COMMIT; BEGIN")
    apply(manager, third)
    with raises("MigrationError", because="its down script ends the transaction it runs in"):
        manager.rollback_migration(third)
    apply(manager, step_by_hand(subject, 4, "fourth"))
    expect(log_of(file), "the steps that ran at last").contains(4)


@check(tier=2, section="§7")
def test_words_of_transactions_are_allowed(subject: Handle, tmp_path: Path) -> None:
    """The words BEGIN, COMMIT, END and ROLLBACK may stand in a string, a comment, a name, a CASE or a trigger."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    script = f"""
        -- COMMIT;
        /* ROLLBACK; */
        CREATE TABLE words ("commit" TEXT UNIQUE); -- BEGIN; END;
        INSERT OR ROLLBACK INTO words VALUES ('BEGIN; COMMIT; END; ROLLBACK;');
        CREATE TRIGGER begin_and_end AFTER INSERT ON words BEGIN
            INSERT INTO {LOG} (step) VALUES (5);
        END;
        INSERT INTO words SELECT CASE WHEN 1 THEN '
            COMMIT' END;
    """
    because = "no statement of the script is BEGIN, COMMIT, END or ROLLBACK: only the database knows that for sure"
    try:
        apply(manager, by_hand(subject, 1, "words", script, "DROP TABLE words"))
    except Exception as error:
        refused = getattr(error, "name", "")
        expect(refused, "what a script with such words raised").equals("", because=because)
        raise
    expect(log_of(file), "what the trigger wrote").equals([5], because=because)


def _is_not_there(file: File, table: str, when: str, because: str) -> None:
    __tracebackhide__ = True
    tables = file.tables()
    expect(tables, f"the tables in the file {when}").satisfies(
        table not in tables, f"tables without {table}", because=because
    )
