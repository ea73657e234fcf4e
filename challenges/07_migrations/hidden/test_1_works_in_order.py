"""Tier 1: many migrations in one call, by version, up to the first that fails."""
# ruff: noqa: S608 - the SQL is made of the suite's own words

from pathlib import Path
from random import Random

from grader.testing import Handle, check, expect, exported, fail, raises
from migration_calls import (
    applied_versions,
    apply,
    apply_all,
    create_new,
    open_manager,
    raises_nothing,
    version_of,
    word,
)
from sqlite_file import OTHER_DATABASE
from step_log import LOG, file_with_log, log_of, step, step_by_hand


@check(tier=1, section="§6")
def test_apply_all_goes_by_version(subject: Handle, tmp_path: Path, rng: Random) -> None:
    """apply_all applies what is pending from the lowest version to the highest, whatever the order given."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    steps = range(1, 12)
    migrations = [step(manager, number) for number in steps]
    versions = [version_of(migration) for migration in migrations]
    for migration in migrations[:2]:
        apply(manager, migration)

    shuffled = [migrations[-1], *rng.sample(migrations[:-1], len(migrations) - 1)]
    expect(apply_all(manager, shuffled), "what apply_all(…) returned, with the first two applied before").equals(
        versions[2:],
        because="it returns the versions it applied itself, in the order of their numbers: 10 is after 9",
    )
    expect(log_of(file), "the steps in the order in which they ran").equals(
        list(steps), because="versions are numbers: as text, '10' comes before '9'"
    )
    expect(applied_versions(manager), "the versions in the history, as listed").equals(versions)
    expect(apply_all(manager, shuffled), "what apply_all(…) returned when called again").equals(
        [], because="there was nothing left to apply"
    )
    expect(log_of(file), "the steps that ran, after calling it again").equals(list(steps))


@check(tier=1, section="§6")
def test_versions_are_numbers(subject: Handle, tmp_path: Path) -> None:
    """Versions are ordered as numbers: 10 comes after 9."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    versions = [2, 9, 10, 100]
    migrations = [step_by_hand(subject, version, name=f"step_{version}") for version in versions]
    because = "versions are numbers: as text, '10' and '100' come before '2' and '9'"
    given = migrations[::-1]
    expect(apply_all(manager, given), "what apply_all([100, 10, 9, 2]) returned").equals(versions, because=because)
    expect(log_of(file), "the steps in the order in which they ran").equals(versions, because=because)
    expect(applied_versions(manager), "the versions in the history, as listed").equals(
        versions, because="get_applied_migrations() sorts by number too: is version a whole number in the table?"
    )


@exported(methods=("__iter__", "__next__"))
class OneByOne:
    """Gives out migrations one by one and once only, as a generator does."""

    def __init__(self, migrations: list[Handle]) -> None:
        """Take the migrations in the order in which they are given out."""
        self._left = list(migrations)

    def __iter__(self) -> "OneByOne":
        """Go on where the last one stopped."""
        return self

    def __next__(self) -> Handle:
        """Give out the next one."""
        if not self._left:
            raise StopIteration
        return self._left.pop(0)


@check(tier=1, section="§6")
def test_apply_all_takes_any_iterable(subject: Handle, tmp_path: Path) -> None:
    """apply_all takes a tuple or an iterator as well as a list."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    migrations = [step_by_hand(subject, version, name=f"step_{version}") for version in (4, 3, 2, 1)]
    because = "sorted(migrations) takes anything and is read once; .sort() and len() want a list"
    with raises_nothing("a tuple", because):
        versions = apply_all(manager, tuple(migrations[2:]))
    expect(versions, "what apply_all(…) returned for a tuple of the versions 2 and 1").equals([1, 2])
    with raises_nothing("an iterator", because):
        versions = apply_all(manager, OneByOne(migrations[:2]))
    expect(versions, "what apply_all(…) returned for an iterator over the versions 4 and 3").equals(
        [3, 4], because="an iterator, as a generator is, can be gone through once: make a list of it first"
    )
    expect(log_of(file), "the steps in the order in which they ran").equals([1, 2, 3, 4])


@check(tier=1, section="§6")
def test_apply_all_stops_at_the_first_failure(subject: Handle, tmp_path: Path, rng: Random) -> None:
    """apply_all stops at the first migration that fails: those before it stay, those after it do not run."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    before = [step(manager, number) for number in (1, 2)]
    broken = create_new(manager, "broken", f"INSERT INTO {word(rng, 'missing')} VALUES (1)", "SELECT 1")
    after = [step(manager, number) for number in (3, 4)]
    with raises("MigrationError", because="one of the migrations failed") as raised:
        manager.apply_all([*after, broken, *before])
    if f"no such table: {LOG}" in raised.message:
        fail("your code works on another database", expected="db_path", got=raised.message, because=OTHER_DATABASE)
    expect(log_of(file), "the steps that ran").equals(
        [1, 2], because="later migrations build on earlier ones: after a failure, none of them may run"
    )
    expect(applied_versions(manager), "the applied versions").equals([version_of(migration) for migration in before])
