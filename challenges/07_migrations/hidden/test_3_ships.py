"""Tier 3 of migrations, §11 and §12: looking without touching, and moving in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader.testing import Handle, attr, check, expect, raises
from migration_calls import applied, applied_versions, apply, apply_all, by_hand, open_manager, roll_back, version_of
from sqlite_file import File
from step_log import LOG, file_with_log, log_of, scripts_of, step_by_hand


def _steps(subject: Handle, *versions: int) -> list[Handle]:
    return [step_by_hand(subject, version, f"step_{version}") for version in versions]


@check(tier=3, section="§11")
def test_looking_changes_nothing(subject: Handle, tmp_path: Path) -> None:
    """plan, status, validate and a dry run change nothing: no byte, no table, no file."""
    file = File(tmp_path)
    looks: list[tuple[str, Callable[[Handle, list[Handle]], Any]]] = [
        ("plan(…)", lambda manager, given: manager.plan(given)),
        ("apply_all(…, dry_run=True)", lambda manager, given: manager.apply_all(given, dry_run=True)),
        ("status(…)", lambda manager, given: manager.status(given)),
        ("validate(…)", lambda manager, given: manager.validate(given)),
    ]
    steps = _steps(subject, 1, 2)
    for call, look in looks:
        look(open_manager(subject, file), steps)
        expect(sorted(path.name for path in tmp_path.iterdir()), f"the files in the folder after {call}").equals(
            [], because="the file was not there, and whoever only looks creates none: the constructor does not either"
        )
    file_with_log(tmp_path)
    for when in ("a database without a history", "one migration applied"):
        content = Path(file.path).read_bytes()
        for call, look in looks:
            look(open_manager(subject, file), steps)
            because = "the file changed: by a history table, by a script that ran, or by one that was rolled back again"
            expect(Path(file.path).read_bytes() == content, f"whether the file is as before {call}, {when}").is_true(
                because=because
            )
        apply(open_manager(subject, file), steps[0])


@check(tier=3, section="§11")
def test_plan_tells_what_apply_all_does(subject: Handle, tmp_path: Path) -> None:
    """Plan and a dry run tell what apply_all will do: which migrations, in which order, up to which version."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    steps = _steps(subject, 10, 2, 30, 9)
    apply(manager, steps[1])
    for options, expected in (({}, [9, 10, 30]), ({"target": 10}, [9, 10]), ({"target": 5}, [])):
        planned = manager.plan(steps, **options)
        expect([version_of(found) for found in planned], f"the versions in plan(…), {options or 'no target'}").equals(
            expected, because="what is pending, up to the target, from the lowest version to the highest"
        )
        for found in planned:
            expect(attr(found, "up_sql"), "the up_sql of a planned migration").equals(scripts_of(version_of(found))[0])
        dry = apply_all(manager, steps, dry_run=True, **options)
        expect(dry, f"apply_all(…, dry_run=True), {options or 'no target'}").equals(expected)
    expect(log_of(file), "the steps that ran").equals([2], because="nothing runs in a plan or in a dry run")


@check(tier=3, section="§11")
def test_target_is_the_last_to_run(subject: Handle, tmp_path: Path) -> None:
    """apply_all with a target leaves out what has a higher version."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    steps = _steps(subject, 1, 2, 9, 10, 11)
    because = "the target itself still runs, everything above it does not"
    expect(apply_all(manager, steps, target=10), "what apply_all(…, target=10) returned").equals(
        [1, 2, 9, 10], because=because
    )
    expect(apply_all(manager, steps, target=5), "what apply_all(…, target=5) returned then").equals(
        [], because="everything up to 5 is applied, and apply_all never rolls back"
    )
    expect(log_of(file), "the steps that ran").equals([1, 2, 9, 10], because=because)


@check(tier=3, section="§11")
def test_plan_raises_what_apply_all_would(subject: Handle, tmp_path: Path) -> None:
    """Plan and a dry run raise what apply_all would raise before its first script."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    apply(manager, step_by_hand(subject, 5, "step_5"))
    for error, given in _mistakes(subject):
        for call, ask in (
            ("plan(…)", lambda given=given: manager.plan(given)),
            ("a dry run", lambda given=given: manager.apply_all(given, dry_run=True)),
        ):
            with raises(error, because=f"apply_all would raise it, and {call} tells what apply_all would do"):
                ask()


def _mistakes(subject: Handle) -> list[tuple[str, list[Handle]]]:
    """Migrations that apply_all refuses when version 5 is applied, and what it raises."""
    five = step_by_hand(subject, 5, "step_5")
    seven = by_hand(subject, 7, "seven", *scripts_of(7))
    return [
        ("ChecksumMismatch", [by_hand(subject, 5, "step_5", *scripts_of(6))]),
        ("OutOfOrder", [five, step_by_hand(subject, 4, "step_4")]),
        ("DuplicateMigration", [five, seven, by_hand(subject, 7, "also_seven", *scripts_of(8))]),
        ("DuplicateMigration", [five, seven, by_hand(subject, 8, "seven", *scripts_of(8))]),
    ]


@check(tier=3, section="§11")
def test_status_tells_where_each_stands(subject: Handle, tmp_path: Path) -> None:
    """Status tells of each migration whether it is pending, applied, drifted or missing."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    apply_all(manager, _steps(subject, 3, 9, 10))
    edited = by_hand(subject, 9, "step_9", *scripts_of(8))
    given = [step_by_hand(subject, 20, "step_20"), edited, *_steps(subject, 3, 1)]
    statuses = manager.status(given)
    found = [tuple(attr(status, field) for field in ("version", "name", "state")) for status in statuses]
    expect(found, "version, name and state of each in status(…)").equals(
        [
            (1, "step_1", "pending"),
            (3, "step_3", "applied"),
            (9, "step_9", "drifted"),
            (10, "step_10", "missing"),
            (20, "step_20", "pending"),
        ],
        because="1 and 20 are not applied; 9 was edited after it was applied; 10 is applied, and nobody gave it",
    )
    moments = {version_of(recorded): attr(recorded, "applied_at") for recorded in applied(manager)}
    for status in statuses:
        version = attr(status, "version")
        expect(attr(status, "applied_at"), f"the applied_at of version {version} in status(…)").equals(
            moments.get(version), because="it is the time in the history, and None for what is pending"
        )


@check(tier=3, section="§11")
def test_validate_finds_what_is_wrong(subject: Handle, tmp_path: Path) -> None:
    """Validate raises if a migration has drifted, is missing, comes too late or is there twice."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    apply(manager, step_by_hand(subject, 5, "step_5"))
    because = "all that is applied was given, as it was; pending migrations are fine"
    expect(manager.validate(_steps(subject, 5, 6)), "validate(…) with one applied and one pending").is_none(
        because=because
    )
    for error, given in _mistakes(subject):
        with raises(error, because="apply_all would raise it, and validate tells beforehand"):
            manager.validate(given)
    with raises("MigrationError", because="version 5 is applied, but not among the migrations given"):
        manager.validate(_steps(subject, 6))
    expect(log_of(file), "the steps that ran").equals([5], because="validate runs nothing")


@check(tier=3, section="§12")
def test_stamping_records_without_running(subject: Handle, tmp_path: Path) -> None:
    """Stamp records what is pending, up to a target, and runs nothing."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    steps = _steps(subject, 10, 2, 30, 9)
    apply(manager, steps[1])
    expect(manager.stamp(steps, target=10), "what stamp(…, target=10) returned, with 2 applied").equals(
        [9, 10], because="those that were pending, up to the target, from the lowest version to the highest"
    )
    because = "the database was built by hand, and has what the scripts would create"
    expect(log_of(file), "the steps that ran").equals([2], because=because)
    restarted = open_manager(subject, file)
    expect(applied_versions(restarted), "the applied versions").equals([2, 9, 10])
    expect(apply_all(restarted, steps), "what apply_all(…) returned then").equals(
        [30], because="what was stamped counts as applied"
    )
    with raises("ChecksumMismatch", because="a stamped migration is in the history with its checksum"):
        manager.apply_migration(by_hand(subject, 9, "step_9", *scripts_of(8)))
    for found in applied(restarted)[::-1]:
        roll_back(restarted, found)
    expect(log_of(file), "the steps after rolling all of them back").equals([])


TABLES = (
    "my history",
    "it's",
    'a "quoted" name',
    f"x; DROP TABLE {LOG}; --",
    "schema-migrations",
    "select",
    "ü (1)",
    "1",
)


@check(tier=3, section="§12")
def test_table_name_is_only_a_name(subject: Handle, tmp_path: Path) -> None:
    """migrations_table may be any text, and no part of it runs as SQL."""
    file = file_with_log(tmp_path)
    for number, table in enumerate(TABLES, start=1):
        because = "a name in double quotes is a name, whatever is in it; a double quote in it is doubled"
        manager = open_manager(subject, file, migrations_table=table)
        expect(applied_versions(manager), f"the applied versions in the new table {table!r}").equals([])
        apply(manager, step_by_hand(subject, number, f"step_{number}"))
        expect(applied_versions(manager), f"the applied versions in {table!r}").equals([number], because=because)
        expect(file.tables(), "the tables in the file").contains(table, because=because)
    expect(log_of(file), "the steps that ran").equals(list(range(1, len(TABLES) + 1)))
    roll_back(manager, step_by_hand(subject, number, f"step_{number}"))
    expect(applied_versions(manager), f"the applied versions in {table!r} after rolling back").equals([])
