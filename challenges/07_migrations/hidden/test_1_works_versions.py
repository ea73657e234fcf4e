"""Tier 1: what a new migration is: its version, its checksum, and when it is not new at all."""

from itertools import pairwise
from pathlib import Path
from random import Random

from fingerprints import is_pythons_hash
from grader.testing import Handle, attr, check, expect
from migration_calls import (
    FROM_THE_TIME,
    applied,
    applied_versions,
    apply,
    create,
    open_manager,
    roll_back,
    unless_refused,
    version_of,
    word,
)
from sqlite_file import File
from step_log import file_with_log, log_of, scripts_of, step, step_by_hand


@check(tier=1, section="§1")
def test_each_new_migration_has_a_higher_version(subject: Handle, tmp_path: Path) -> None:
    """Each new migration gets a higher version than the one before, even if none is applied."""
    manager = open_manager(subject, File(tmp_path))
    versions = [version_of(step(manager, number)) for number in range(5)]
    expect(versions, "the versions of five new migrations").satisfies(
        all(earlier < later for earlier, later in pairwise(versions)),
        "five different numbers, each higher than the one before",
        because="a later migration builds on the earlier ones, so its number is higher",
    )


@check(tier=1, section="§1")
def test_versions_continue_after_a_restart(subject: Handle, tmp_path: Path) -> None:
    """After a restart, new versions go on above the applied ones."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    for number in (1, 2):
        apply(manager, step(manager, number))
    highest = max(applied_versions(manager), default=0)
    _goes_above(highest, open_manager(subject, file))

    by_hand = highest + 50
    apply(manager, step_by_hand(subject, by_hand))
    _goes_above(by_hand, open_manager(subject, file))


def _goes_above(highest: int, restarted: Handle) -> None:
    __tracebackhide__ = True
    version = version_of(step(restarted, 3))
    if version > FROM_THE_TIME:
        because = "the time is not enough: it may be the same as at the last call, so go above the history too"
    elif version == 1:
        because = "a counter in memory begins again at 1: the history knows what is taken"
    else:
        because = "take the highest version in the history, not the number of its rows: there may be gaps"
    expect(version, f"the next version after a restart, with {highest} applied").at_least(highest + 1, because=because)


@check(tier=1, section="§1")
def test_recorded_migration_keeps_its_version(subject: Handle, tmp_path: Path) -> None:
    """A program that runs a second time creates and applies nothing new."""
    file = file_with_log(tmp_path)
    first_run = open_manager(subject, file)
    versions = []
    for number in (1, 2):
        migration = step(first_run, number)
        apply(first_run, migration)
        versions.append(version_of(migration))

    second_run = open_manager(subject, file)
    again = [step(second_run, number) for number in (1, 2)]
    expect([version_of(migration) for migration in again], "the versions in the second run").equals(
        versions, because="create_migration looks into the history for the same name and scripts"
    )
    for migration in again:
        apply(second_run, migration)
    expect(log_of(file), "the steps that ran, in both runs together").equals(
        [1, 2], because="each of them was applied in the first run"
    )


@check(tier=1, section="§1")
def test_same_name_alone_is_another_migration(subject: Handle, tmp_path: Path) -> None:
    """A migration that shares only its name, or only its scripts, with an applied one is another one."""
    manager = open_manager(subject, file_with_log(tmp_path))
    migration = step(manager, 1)
    apply(manager, migration)
    version, name = version_of(migration), str(attr(migration, "name"))
    (up_sql, down_sql), (other_up, other_down) = scripts_of(1), scripts_of(2)

    def create_again(what: str, name: str, up_sql: str, down_sql: str) -> None:
        __tracebackhide__ = True
        other = create(manager, name, up_sql, down_sql)
        expect(version_of(other), f"the version of a migration with {what}").differs_from(
            version, because="it is in the history only if the name and both scripts are the same"
        )
        for field, passed in (("up_sql", up_sql), ("down_sql", down_sql)):
            expect(attr(other, field), f"the {field} of a migration with {what}").equals(
                passed, because="the old scripts came back, and the new ones would never run"
            )

    create_again("the scripts of an applied one and a name of its own", "renamed", up_sql, down_sql)
    refused = "a known name with other scripts is a new migration, or ChecksumMismatch is raised as in §8"
    unless_refused(lambda: create_again("a known name and another up_sql", name, other_up, down_sql), refused)
    unless_refused(lambda: create_again("a known name and another down_sql", name, up_sql, other_down), refused)


@check(tier=1, section="§1")
def test_new_migration_holds_what_was_passed(subject: Handle, tmp_path: Path) -> None:
    """A new migration holds its name and scripts, and nothing of it has run."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    migration = step(manager, 1)
    for field, passed in zip(("name", "up_sql", "down_sql"), ("step_1", *scripts_of(1)), strict=True):
        expect(attr(migration, field), f"the {field} of a new migration").equals(
            passed, because="create_migration keeps what was passed, character by character"
        )
    expect(attr(migration, "applied_at"), "the applied_at of a new migration").is_none(
        because="it is not applied yet: the moment of its creation is something else"
    )
    expect(log_of(file), "the steps that ran after create_migration alone").equals(
        [], because="create_migration runs no script: apply_migration does"
    )
    expect(applied_versions(manager), "the applied versions after create_migration alone").equals(
        [], because="a migration is in the history when it is applied, not when it is created"
    )


@check(tier=1, section="§1")
def test_migration_built_by_hand_is_like_any_other(subject: Handle, tmp_path: Path) -> None:
    """A migration built by hand gets its checksum, and can be applied, listed and rolled back."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    migration = step_by_hand(subject, 7)
    checksum = attr(migration, "checksum")
    because = "Migration(…) works it out when nobody passes one, for instance in __post_init__"
    expect(checksum, "the checksum of a migration built by hand").is_a(str, because=because)
    expect(checksum, "the checksum of a migration built by hand").differs_from("", because=because)
    expect(attr(create(manager, "by_hand", *scripts_of(7)), "checksum"), "the checksum from create_migration").equals(
        checksum,
        because="the same name and scripts have one checksum, whoever built the migration; no version is in it",
    )
    for _ in range(2):
        apply(manager, migration)
    expect(log_of(file), "the steps that ran, with the migration applied twice").equals([7])
    listed = applied(manager)
    expect(
        [(version_of(found), attr(found, "name"), attr(found, "checksum")) for found in listed],
        "version, name and checksum in the history",
    ).equals([(7, "by_hand", checksum)], because="they are those of the migration that was applied")
    roll_back(manager, migration)
    expect(log_of(file), "the steps in the log after rolling back").equals([])


@check(tier=1, section="§1")
def test_checksum_follows_the_scripts(subject: Handle, tmp_path: Path, rng: Random) -> None:
    """The checksum is the same for the same scripts, and another one if either script differs."""
    name, table, other = word(rng, "name"), word(rng, "a"), word(rng, "b")
    up, down = f"CREATE TABLE {table} (x)", f"DROP TABLE {table}"

    def create_in(database: str, up_sql: str, down_sql: str) -> Handle:
        __tracebackhide__ = True
        return create(subject.MigrationManager(str(tmp_path / database)), name, up_sql, down_sql)

    def checksum(database: str, up_sql: str, down_sql: str) -> object:
        __tracebackhide__ = True
        return attr(create_in(database, up_sql, down_sql), "checksum")

    migration = create_in("one.db", up, down)
    original = attr(migration, "checksum")
    expect(original, "the checksum of a new migration").is_a(
        str, because="a checksum is a text, such as hashlib.sha256(…).hexdigest()"
    )
    expect(original, "the checksum of a new migration").differs_from("", because="an empty text tells nothing apart")
    expect(original, "the checksum of a new migration").satisfies(
        not is_pythons_hash(original, version_of(migration), name, (up, down)),
        "the same in every run of Python",
        because="hash() of a text is another number each time Python starts: take hashlib",
    )
    expect(checksum("two.db", up, down), "the checksum of the same migration in another database").equals(
        original, because="it depends on something besides the migration, such as the time"
    )
    expect(checksum("three.db", f"CREATE TABLE {other} (x)", down), "the checksum with another up_sql").differs_from(
        original, because="an edited up script must show"
    )
    expect(checksum("four.db", up, f"DROP TABLE {other}"), "the checksum with another down_sql").differs_from(
        original, because="an edited down script must show"
    )
