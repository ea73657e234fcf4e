"""Tier 3 of migrations, §15: the same promises on PostgreSQL."""
# ruff: noqa: S608 - the SQL is made of the suite's own words

from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import closing
from datetime import timedelta
from typing import Any

from grader.testing import Another, Handle, PostgresWitness, Process, attr, check, expect, fail, raises
from migration_calls import applied, applied_versions, apply, apply_all, by_hand, roll_back, rollback_to, version_of
from postgres_log import asleep, log_of, prepare, rows, step, wait_until_stuck

InBackground = Callable[..., "Future[Any]"]


@check(tier=3, section="§15")
def test_postgres_is_migrated_as_well(subject: Handle, postgres: PostgresWitness) -> None:
    """A postgresql:// address works like a file: apply, list, roll back, and refuse what was edited."""
    prepare(postgres)
    manager = subject.MigrationManager(postgres.dsn)
    expect(applied(manager), "get_applied_migrations() in a new database").equals([])
    script = (
        "CREATE TABLE books (title TEXT); -- one; two\nINSERT INTO books VALUES ('100 %; it''s %s');"
        " CREATE FUNCTION twice(n INT) RETURNS INT AS $$ BEGIN RETURN 2 * n; END $$ LANGUAGE plpgsql"
    )
    books = manager.create_migration("books", script, "DROP FUNCTION twice; DROP TABLE books")
    later = [step(subject, version_of(books) + number) for number in (9, 10, 2)]
    versions = [version_of(books), *sorted(map(version_of, later))]
    expect(apply_all(manager, [*later, books]), "what apply_all(…) returned").equals(versions)
    apply(manager, books)
    expect(rows(postgres, "SELECT title, twice(4) FROM books"), "what the script with several statements made").equals(
        [("100 %; it's %s", 8)], because="the script runs as it is: its % is no place for a parameter"
    )
    restarted = subject.MigrationManager(postgres.dsn)
    expect(applied_versions(restarted), "the applied versions").equals(versions)
    expect(rows(postgres, "SELECT version, name FROM schema_migrations ORDER BY version")[0], "the first row").equals(
        (versions[0], "books"), because="the history is the table schema_migrations, in the schema of the search path"
    )
    moment = attr(applied(restarted)[0], "applied_at")
    expect(moment.utcoffset(), "the offset of applied_at from UTC").equals(timedelta(0))
    edited = by_hand(subject, versions[0], "books", "SELECT 1", "SELECT 2")
    with raises("ChecksumMismatch", because="it was edited after it was applied"):
        restarted.apply_migration(edited)
    expect(rollback_to(restarted, versions[0]), "what rollback_to(…) returned").equals(versions[:0:-1])
    expect(log_of(postgres), "the steps in the log").equals([])
    roll_back(restarted, applied(restarted)[0])
    manager.close()


@check(tier=3, section="§15")
def test_postgres_runs_all_or_nothing(subject: Handle, postgres: PostgresWitness) -> None:
    """On PostgreSQL, too, a migration that fails or ends its transaction leaves nothing."""
    prepare(postgres)
    manager = subject.MigrationManager(postgres.dsn)
    apply(manager, step(subject, 1))
    for ending, because in (
        ("INSERT INTO nowhere VALUES (1)", "its last statement fails"),
        ("COMMIT; BEGIN", "its script ends the transaction it runs in"),
    ):
        script = f"CREATE TABLE halfway (x INT); INSERT INTO log VALUES (2); {ending}; INSERT INTO log VALUES (3)"
        with raises("MigrationError", because=because):
            manager.apply_migration(by_hand(subject, 2, "second", script, "DROP TABLE halfway"))
        expect(applied_versions(manager), "the applied versions").equals([1], because=because)
        if not ending.startswith("COMMIT"):
            expect(log_of(postgres), "the steps that ran").equals([1], because="PostgreSQL can undo DDL, too")
    broken = by_hand(subject, 3, "third", "INSERT INTO log VALUES (3)", "DELETE FROM log; DROP TABLE nowhere")
    apply(manager, broken)
    with raises("MigrationError", because="the second statement of its down script fails"):
        manager.rollback_migration(broken)
    expect(3 in log_of(postgres), "whether step 3 is still in the log").is_true(because="a failed rollback is undone")


@check(tier=3, section="§15")
def test_postgres_first_table_is_made_once(
    subject: Handle, another: Another, postgres: PostgresWitness, in_background: InBackground
) -> None:
    """Two programs that start at once on a new PostgreSQL database both succeed."""
    prepare(postgres)
    with closing(postgres.connect()) as judge, judge.cursor() as cursor:
        # Whoever creates the table now waits to see what becomes of this one.
        cursor.execute("BEGIN; CREATE TABLE schema_migrations (version BIGINT)")
        calls = _two_migrators(subject, another(), postgres, in_background)
        cursor.execute("ROLLBACK")
    because = "even CREATE TABLE IF NOT EXISTS fails when two come to it together: take the advisory lock first"
    _both_succeed(calls, because)
    expect(log_of(postgres), "the steps that ran").equals([2], because="one of the two applied it")


@check(tier=3, section="§15")
def test_postgres_migrators_take_turns(
    subject: Handle, another: Another, postgres: PostgresWitness, in_background: InBackground
) -> None:
    """Two programs that migrate one PostgreSQL database at once both succeed, and each migration runs once."""
    prepare(postgres)
    apply(subject.MigrationManager(postgres.dsn), step(subject, 1))
    with closing(postgres.connect()) as judge, judge.cursor() as cursor:
        # The history can be read now, but not written: two that only look first have both looked.
        cursor.execute("BEGIN; LOCK TABLE schema_migrations IN SHARE ROW EXCLUSIVE MODE")
        calls = _two_migrators(subject, another(), postgres, in_background)
        cursor.execute("ROLLBACK")
    because = "both looked into the history before either had written to it: take the advisory lock first, then look"
    _both_succeed(calls, because)
    expect(log_of(postgres), "the steps that ran").equals([1, 2], because=because)


def _two_migrators(
    subject: Handle,
    other: Process,
    postgres: PostgresWitness,
    in_background: InBackground,
) -> "list[Future[Any]]":
    def migrate(program: Handle) -> Any:  # noqa: ANN401
        return program.MigrationManager(postgres.dsn).apply_all([step(program, 2)])

    calls = [in_background(migrate, program) for program in (subject, other.subject)]
    wait_until_stuck(postgres, calls)
    return calls


def _both_succeed(calls: "list[Future[Any]]", because: str) -> None:
    __tracebackhide__ = True
    returned = []
    for call in calls:
        try:
            returned += call.result()
        except Exception as error:  # noqa: BLE001 - whatever it was, it is what the submission did
            fail(
                "one of two programs that migrate at once failed",
                expected="both succeed",
                got=str(error),
                because=because,
            )
    expect(returned, "the versions that both calls returned").equals([2], because=because)


@check(tier=3, section="§15", call_seconds=8.0)
def test_postgres_wait_is_bounded(
    subject: Handle, another: Another, postgres: PostgresWitness, in_background: InBackground
) -> None:
    """On PostgreSQL, too, waiting ends after lock_timeout, and a lock goes with its session."""
    prepare(postgres)
    manager = subject.MigrationManager(postgres.dsn, lock_timeout=0.1)
    apply(manager, step(subject, 1))
    other = another().subject
    long = by_hand(other, 2, "second", "CREATE TABLE halfway (x INT); SELECT pg_sleep(600)", "DROP TABLE halfway")
    call = in_background(other.MigrationManager(postgres.dsn).apply_migration, long)
    while not (sleeping := asleep(postgres)):
        if wait([call], timeout=0.01).done:
            fail("a migration came back too early", expected="its script runs to its end", got=str(call.exception()))
    with raises(
        "MigrationLocked", because="another session is in the middle of a migration, and lock_timeout is 0.1 s"
    ):
        manager.apply_migration(step(subject, 3))
    rows(postgres, f"SELECT pg_terminate_backend({sleeping[0]}, 2000)")
    call.exception()
    apply(manager, step(subject, 3))
    expect(log_of(postgres), "the steps that ran").equals([1, 3], because="a lock goes with its session")


@check(tier=3, section="§15")
def test_postgres_builds_indexes_concurrently(subject: Handle, postgres: PostgresWitness) -> None:
    """CREATE INDEX CONCURRENTLY runs outside a transaction, and one that fails is dirty until it is repaired."""
    prepare(postgres)
    manager = subject.MigrationManager(postgres.dsn)
    index = "CREATE INDEX CONCURRENTLY quick ON log (step)"
    apply(manager, by_hand(subject, 1, "quick", index, "DROP INDEX CONCURRENTLY quick", transactional=False))
    expect(rows(postgres, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'quick'::regclass"), "the index").equals(
        [(True,)], because="its script came to its end"
    )
    apply(manager, by_hand(subject, 2, "twice", "INSERT INTO log VALUES (2), (2)", "SELECT 1"))
    unique = "CREATE UNIQUE INDEX CONCURRENTLY once ON log (step)"
    broken = by_hand(subject, 3, "once", unique, "DROP INDEX once", transactional=False)
    with raises("MigrationError", because="two rows of the table are the same"):
        manager.apply_migration(broken)
    because = "PostgreSQL leaves an index behind that is not valid: somebody has to look"
    with raises("DirtyDatabase", because=because):
        manager.apply_migration(step(subject, 4))
    expect(applied_versions(manager), "the applied versions").equals([1, 2], because=because)
    manager.repair(3, applied=False)
    apply(manager, step(subject, 4))
    expect(applied_versions(manager), "the applied versions after repair(3, applied=False)").equals([1, 2, 4])
