"""Tier 2 of migrations, §8: what was applied does not change, and no two migrations are confused."""

from pathlib import Path
from random import Random

from grader.testing import Handle, attr, check, expect, raises
from migration_calls import applied_versions, apply, apply_all, by_hand, create, open_manager, version_of, word
from step_log import file_with_log, log_of, scripts_of, step, step_by_hand


@check(tier=2, section="§8")
def test_edited_migration_is_refused(subject: Handle, tmp_path: Path) -> None:
    """An applied migration whose up or down script was edited raises ChecksumMismatch, and nothing runs."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    apply(manager, step_by_hand(subject, 1, "one"))
    (up_sql, down_sql), (other_up, other_down) = scripts_of(1), scripts_of(2)
    for edited_script, scripts in (("up_sql", (other_up, down_sql)), ("down_sql", (up_sql, other_down))):
        edited = by_hand(subject, 1, "one", *scripts)
        because = f"version 1 is in the history, with another {edited_script}: compare checksums first"
        for call in (manager.apply_migration, manager.rollback_migration):
            with raises("ChecksumMismatch", because=because):
                call(edited)
        with raises("ChecksumMismatch", because=because):
            manager.apply_all([edited])
    because = "no script of an edited migration runs"
    expect(log_of(file), "the steps in the log").equals([1], because=because)
    expect(applied_versions(manager), "the applied versions").equals([1], because=because)


@check(tier=2, section="§8")
def test_apply_all_looks_before_it_runs(subject: Handle, tmp_path: Path) -> None:
    """apply_all looks at all migrations, edited and duplicate ones included, before it runs the first."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file, allow_out_of_order=True)
    apply(manager, step_by_hand(subject, 5, "five"))
    pending = [step_by_hand(subject, version, f"number_{version}") for version in (1, 2)]
    up_sql, down_sql = scripts_of(6)
    because = "version 5 is in the history with other scripts"
    with raises("ChecksumMismatch", because=because):
        manager.apply_all([*pending, by_hand(subject, 5, "five", up_sql, down_sql)])
    with raises("DuplicateMigration", because="two of the migrations have the version 7"):
        twins = [by_hand(subject, 7, name, f"-- {name}\n{up_sql}", down_sql) for name in ("seven", "also_seven")]
        manager.apply_all([*pending, *twins])
    because = "versions 1 and 2 are fine, but come before one that is not: look at all of them first"
    expect(log_of(file), "the steps that ran").equals([5], because=because)
    expect(applied_versions(manager), "the applied versions").equals([5], because=because)


@check(tier=2, section="§8")
def test_copied_checksum_hides_no_edit(subject: Handle, tmp_path: Path) -> None:
    """An edit is noticed even if the old checksum was copied along."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    original = step_by_hand(subject, 1, "one")
    apply(manager, original)
    up_sql, down_sql = scripts_of(2)
    edited = subject.Migration(
        version=1, name="one", up_sql=up_sql, down_sql=down_sql, checksum=attr(original, "checksum")
    )
    because = "its scripts are not what was applied: work the checksum out from them, do not believe the field"
    for call in (manager.apply_migration, manager.rollback_migration):
        with raises("ChecksumMismatch", because=because):
            call(edited)
    expect(log_of(file), "the steps in the log").equals([1], because=because)


@check(tier=2, section="§8")
def test_known_name_needs_its_scripts(subject: Handle, tmp_path: Path) -> None:
    """create_migration refuses the name of an applied migration with other scripts."""
    manager = open_manager(subject, file_with_log(tmp_path))
    apply(manager, step(manager, 1))
    (up_sql, down_sql), (other_up, other_down) = scripts_of(1), scripts_of(2)
    for scripts in ((other_up, down_sql), (up_sql, other_down)):
        because = "the history holds step_1 with other scripts: somebody edited a migration that was applied"
        with raises("ChecksumMismatch", because=because):
            manager.create_migration(name="step_1", up_sql=scripts[0], down_sql=scripts[1])
    because = "this name is not in the history"
    expect(version_of(create(manager, "step_2", other_up, other_down)), "the next version").at_least(2, because=because)


@check(tier=2, section="§8")
def test_checksum_keeps_the_scripts_apart(subject: Handle, rng: Random) -> None:
    """The checksum tells where the up script ends and the down script begins."""
    table = word(rng, "t")
    parts = (f"CREATE TABLE {table} (x)", "SELECT 1", f"DROP TABLE {table}")
    for separator in ("", "\n", " ", ";", "; ", ",", ":", "|", "-", "--", "\n\n", "\t", "', '", '", "'):
        left = (separator.join(parts[:2]), parts[2])
        right = (parts[0], separator.join(parts[1:]))
        because = f"the two scripts are joined with {separator!r} before they are hashed: nobody sees where one ends"
        checksums = [attr(by_hand(subject, 1, "one", *scripts), "checksum") for scripts in (left, right)]
        expect(checksums[1], f"the checksum with up_sql={right[0]!r} and down_sql={right[1]!r}").differs_from(
            checksums[0], because=because
        )


@check(tier=2, section="§8")
def test_line_ends_do_not_count(subject: Handle, tmp_path: Path) -> None:
    """A migration whose line ends were changed to those of Windows is still the same migration."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    scripts = [sql.replace(" ", "\n") for sql in scripts_of(1)]
    on_windows = [sql.replace("\n", "\r\n") for sql in scripts]
    original = by_hand(subject, 1, "one", *scripts)
    apply(manager, original)
    because = 'git and editors turn "\\n" into "\\r\\n" and back: make them the same before hashing'
    copy = by_hand(subject, 1, "one", *on_windows)
    expect(attr(copy, "checksum"), 'the checksum with "\\r\\n" at the line ends').equals(
        attr(original, "checksum"), because=because
    )
    apply(manager, copy)
    expect(version_of(create(manager, "one", *on_windows)), "the version from create_migration").equals(
        1, because=because
    )
    expect(log_of(file), "the steps that ran").equals([1], because=because)


@check(tier=2, section="§8")
def test_every_other_difference_counts(subject: Handle) -> None:
    """Any difference inside a script changes the checksum: a space, a comment, a capital letter."""
    up_sql, down_sql = "INSERT INTO t\nVALUES ('a b')", "DELETE FROM t\nWHERE x = 'a b'"
    original = attr(by_hand(subject, 1, "one", up_sql, down_sql), "checksum")
    because = "only line ends may be made the same: a space or a capital letter inside a string is data"
    for what, (old, new) in {
        "one more space": ("a b", "a  b"),
        "a capital letter": ("a b", "A b"),
        "a comment": ("\n", " -- why\n"),
        "a tab for a space": ("a b", "a\tb"),
        "no line end": ("\n", " "),
        "one more line": ("\n", "\n\n"),
    }.items():
        for scripts in ((up_sql.replace(old, new), down_sql), (up_sql, down_sql.replace(old, new))):
            checksum = attr(by_hand(subject, 1, "one", *scripts), "checksum")
            expect(checksum, f"the checksum with {what}").differs_from(original, because=because)


@check(tier=2, section="§8")
def test_version_is_taken_once(subject: Handle, tmp_path: Path) -> None:
    """Two different migrations with one version raise DuplicateMigration; the same one twice runs once."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    twins = [by_hand(subject, 1, name, *scripts_of(number)) for number, name in enumerate(("one", "two"), start=1)]
    for given in (twins, twins[::-1]):
        with raises("DuplicateMigration", because="both have the version 1, and they are not the same"):
            manager.apply_all(given)
    expect(log_of(file), "the steps that ran").equals([], because="nobody knows which of the two is meant")
    because = "the same migration twice is no mistake, and runs once"
    given = [twins[0], by_hand(subject, 1, "one", *scripts_of(1))]
    expect(apply_all(manager, given), "what apply_all(…) returned for the same migration twice").equals(
        [1], because=because
    )
    expect(log_of(file), "the steps that ran, with the same migration given twice").equals([1], because=because)


@check(tier=2, section="§8")
def test_name_is_taken_once(subject: Handle, tmp_path: Path) -> None:
    """Two different migrations with one name raise DuplicateMigration, also if one of them was applied before."""
    file = file_with_log(tmp_path)
    manager = open_manager(subject, file)
    namesakes = [by_hand(subject, version, "same", *scripts_of(version)) for version in (1, 2)]
    for given in (namesakes, namesakes[::-1]):
        with raises("DuplicateMigration", because="versions 1 and 2 have the same name"):
            manager.apply_all(given)
    because = "a name that is taken twice is a copy that somebody forgot to rename: nothing may run"
    expect(log_of(file), "the steps that ran").equals([], because=because)

    apply(manager, namesakes[0])
    for call, given in ((manager.apply_migration, namesakes[1]), (manager.apply_all, [namesakes[1]])):
        with raises("DuplicateMigration", because="the history holds this name under version 1"):
            call(given)
    expect(log_of(file), "the steps that ran").equals([1], because=because)
