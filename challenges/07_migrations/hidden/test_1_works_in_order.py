"""Tier 1: many migrations in one call, by version, up to the first that fails."""
# ruff: noqa: S608 - the SQL is made of the suite's own words

from pathlib import Path
from random import Random

from grader.testing import Handle, check, expect, raises
from migration_calls import applied_versions, apply, version_of, word
from step_log import file_with_log, log_of, step


@check(tier=1, section="§6")
def test_apply_all_goes_by_version(subject: Handle, tmp_path: Path, rng: Random) -> None:
    """apply_all applies what is pending from the lowest version to the highest, whatever the order given."""
    file = file_with_log(tmp_path)
    manager = subject.MigrationManager(file.path)
    steps = range(1, 12)
    migrations = [step(manager, number) for number in steps]
    versions = [version_of(migration) for migration in migrations]
    for migration in migrations[:2]:
        apply(manager, migration)

    shuffled = [migrations[-1], *rng.sample(migrations[:-1], len(migrations) - 1)]
    expect(manager.apply_all(shuffled), "what apply_all(…) returned, with the first two applied before").equals(
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
def test_apply_all_stops_at_the_first_failure(subject: Handle, tmp_path: Path, rng: Random) -> None:
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
    expect(applied_versions(manager), "the applied versions").equals([version_of(migration) for migration in before])
