"""Tier 2 of migrations, §9: order, forwards and backwards."""
# ruff: noqa: S608 - the SQL is made of the suite's own words

from pathlib import Path

from grader.testing import Another, Handle, attr, check, expect, raises
from migration_calls import applied, applied_versions, apply, apply_all, by_hand, open_manager, roll_back, rollback_to
from step_log import LOG, file_with_log, log_of, scripts_of, step_by_hand


@check(tier=2, section="§9")
def test_late_migration_is_refused(subject: Handle, tmp_path: Path) -> None:
    """A version below the highest applied one raises OutOfOrder, unless allow_out_of_order is set."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    steps = {version: step_by_hand(subject, version, f"step_{version}") for version in (3, 5, 7, 9)}
    for version in (3, 7):
        apply(manager, steps[version])
    because = "version 7 is applied, and was written and tested without version 5"
    with raises("OutOfOrder", because=because):
        manager.apply_migration(steps[5])
    with raises("OutOfOrder", because=because):
        manager.apply_all([steps[9], steps[5], steps[3]])
    expect(log_of(file), "the steps that ran").equals([3, 7], because="no script runs if one comes too late")

    lenient = open_manager(subject, file, allow_out_of_order=True)
    because = "this manager was made with allow_out_of_order=True"
    expect(apply_all(lenient, list(steps.values())), "what apply_all(…) returned").equals([5, 9], because=because)
    expect(applied_versions(manager), "the applied versions").equals([3, 5, 7, 9])


@check(tier=2, section="§9")
def test_applied_migration_is_never_too_late(subject: Handle, tmp_path: Path) -> None:
    """Gaps are fine, and a migration that is applied already is never too late."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    steps = [step_by_hand(subject, version, f"step_{version}") for version in (3, 7, 20)]
    for given in (*steps[:2], *steps[:2]):
        apply(manager, given)
    because = "3 and 7 are in the history: look for that first, then ask whether a version comes too late"
    expect(apply_all(manager, steps), "what apply_all(…) returned, with 3 and 7 applied").equals([20], because=because)
    expect(log_of(file), "the steps that ran").equals([3, 7, 20])


@check(tier=2, section="§9")
def test_only_the_newest_rolls_back(subject: Handle, tmp_path: Path) -> None:
    """An applied migration that is not the newest cannot be rolled back."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file, allow_out_of_order=True)
    steps = {version: step_by_hand(subject, version, f"step_{version}") for version in (2, 9, 5)}
    for given in steps.values():
        apply(manager, given)
    for version in (2, 5):
        with raises("OutOfOrder", because="version 9 is applied, and may build on it"):
            manager.rollback_migration(steps[version])
    expect(sorted(log_of(file)), "the steps in the log").equals([2, 5, 9], because="no script runs when refused")
    roll_back(manager, step_by_hand(subject, 4, "never_applied"))
    for version in (9, 5, 2):
        roll_back(manager, steps[version])
    because = "the newest is the one with the highest version, whenever it was applied"
    expect(log_of(file), "the steps in the log after rolling back 9, 5 and 2").equals([], because=because)


@check(tier=2, section="§9")
def test_rollback_to_goes_back_in_order(subject: Handle, tmp_path: Path) -> None:
    """rollback_to rolls back everything above a version, the highest first."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    versions = [2, 9, 10, 11, 100]
    for version in versions:
        down_sql = f"INSERT INTO {LOG} (step) VALUES ({-version})"
        apply(manager, by_hand(subject, version, f"step_{version}", scripts_of(version)[0], down_sql))
    expect(rollback_to(manager, 9), "what rollback_to(9) returned, with 2, 9, 10, 11 and 100 applied").equals(
        [100, 11, 10], because="what is above 9, the highest first"
    )
    expect(log_of(file), "the steps, and the steps back as negative numbers").equals([*versions, -100, -11, -10])
    expect(applied_versions(manager), "the applied versions after rollback_to(9)").equals([2, 9])
    expect(rollback_to(manager, 50), "what rollback_to(50) returned, with 2 and 9 applied").equals([])
    expect(rollback_to(manager, 0), "what rollback_to(0) returned, with 2 and 9 applied").equals([9, 2])
    expect(applied_versions(manager), "the applied versions after rollback_to(0)").equals([])


@check(tier=2, section="§9")
def test_rollback_to_goes_step_by_step(subject: Handle, tmp_path: Path) -> None:
    """In rollback_to each migration is a transaction of its own: one that fails stops it, those above stay undone."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    for version in (1, 2, 3, 4):
        up_sql, down_sql = scripts_of(version)
        broken = f"{down_sql}; DROP TABLE nowhere" if version == 2 else down_sql
        apply(manager, by_hand(subject, version, f"step_{version}", up_sql, broken))
    with raises("MigrationError", because="the down script of version 2 fails"):
        manager.rollback_to(0)
    because = "4 and 3 were rolled back before 2 failed, each in a transaction of its own; 2 failed; 1 comes after it"
    expect(applied_versions(manager), "the applied versions after rollback_to(0) failed at 2").equals(
        [1, 2], because=because
    )
    expect(log_of(file), "the steps in the log").equals([1, 2], because=because)


@check(tier=2, section="§9")
def test_rollback_needs_no_source(subject: Handle, another: Another, tmp_path: Path) -> None:
    """A new program can roll back what it finds in the history."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    for version in (1, 2, 3):
        apply(manager, step_by_hand(subject, version, f"step_{version}"))

    restarted = open_manager(another().subject, file)
    newest = applied(restarted)[-1]
    because = "the history keeps both scripts, and get_applied_migrations() returns them"
    up_sql, down_sql = scripts_of(3)
    expect(attr(newest, "down_sql"), "the down_sql of the newest in the history").equals(down_sql, because=because)
    expect(attr(newest, "up_sql"), "the up_sql of the newest in the history").equals(up_sql, because=because)
    roll_back(restarted, newest)
    expect(log_of(file), "the steps in the log after rolling back the newest").equals([1, 2], because=because)
    expect(rollback_to(restarted, 1), "what rollback_to(1) returned").equals([2], because=because)
    expect(log_of(file), "the steps in the log after rollback_to(1)").equals([1], because=because)


NO_WAY_BACK = ("", " \n\t", "-- nobody knows how", "/* no;\n way */ ; -- none\n;", ";;")


@check(tier=2, section="§9")
def test_no_way_back_is_refused(subject: Handle, tmp_path: Path) -> None:
    """Rolling back a migration without a statement in its down script raises Irreversible."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    for version, down_sql in enumerate(NO_WAY_BACK, start=1):
        migration = by_hand(subject, version, f"step_{version}", scripts_of(version)[0], down_sql)
        apply(manager, migration)
        because = f"down_sql={down_sql!r} undoes nothing, so the database would not be what the history says"
        with raises("Irreversible", because=because):
            manager.rollback_migration(migration)
    expect(applied_versions(manager), "the applied versions").equals(
        list(range(1, len(NO_WAY_BACK) + 1)), because="a rollback that is refused changes nothing"
    )
    last = by_hand(subject, 9, "with_a_way", scripts_of(9)[0], f"/* back */ DELETE FROM {LOG} WHERE step = 9 -- gone")
    apply(manager, last)
    roll_back(manager, last)


@check(tier=2, section="§9")
def test_rollback_to_looks_before_it_runs(subject: Handle, tmp_path: Path) -> None:
    """rollback_to looks for migrations without a way back before it runs the first script."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    for version, down_sql in ((1, scripts_of(1)[1]), (2, "-- none"), (3, scripts_of(3)[1])):
        apply(manager, by_hand(subject, version, f"step_{version}", scripts_of(version)[0], down_sql))
    with raises("Irreversible", because="version 2 has no way back, so version 1 is out of reach"):
        manager.rollback_to(0)
    because = "3 could be rolled back, but 2 could not: half of the way is worse than none"
    expect(log_of(file), "the steps in the log").equals([1, 2, 3], because=because)
    expect(applied_versions(manager), "the applied versions").equals([1, 2, 3], because=because)
    expect(rollback_to(manager, 2), "what rollback_to(2) returned").equals(
        [3], because="version 2 stays, so it needs no way back"
    )
