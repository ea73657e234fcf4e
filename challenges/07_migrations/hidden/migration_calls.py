"""What the suites of this challenge share: names to migrate, and asking a manager for what has to work."""

import string
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

from grader.testing import CheckFailed, Handle, attr, expect, fail, raises
from sqlite_file import OPEN_TRANSACTION, OTHER_DATABASE, PREPARED_TABLE, File


def word(rng: Random, prefix: str) -> str:
    """Make up a name that nobody can know in advance; without digits, which could pass for a version."""
    return f"{prefix}_{''.join(rng.choices(string.ascii_lowercase, k=6))}"


def open_manager(subject: Handle, file: File, **options: object) -> Handle:
    """Make a manager, as a program does when it starts; whoever was there before must have let go of the file."""
    __tracebackhide__ = True
    file.require_no_open_transaction()
    with explained():
        manager: Handle = subject.MigrationManager(file.path, **options)
    return manager


def by_hand(subject: Handle, version: int, name: str, up_sql: str, down_sql: str, **more: object) -> Handle:
    """Build a migration without a manager."""
    migration: Handle = subject.Migration(version=version, name=name, up_sql=up_sql, down_sql=down_sql, **more)
    return migration


FROM_THE_TIME = 1_000_000_000
"""Versions above this number come from a clock, not from a counter."""

_given: dict[Handle, dict[int, tuple[str, str, str]]] = {}


def create_new(manager: Handle, name: str, up_sql: str, down_sql: str) -> Handle:
    """Create a migration, and require that its manager gave its version to no other one."""
    __tracebackhide__ = True
    migration = create(manager, name, up_sql, down_sql)
    version, content = version_of(migration), (name, up_sql, down_sql)
    first = _given.setdefault(manager, {}).setdefault(version, content)
    if first != content:
        if version > FROM_THE_TIME:
            because = "two calls in the same instant read the same time: remember the last version and go above it"
        else:
            because = "remember what was given out: the history knows a version only when it is applied"
        fail(
            "two different migrations got the same version",
            expected=f"a higher version than {version} for {name!r}",
            got=f"{version} for {first[0]!r} and for {name!r}",
            because=because,
        )
    return migration


def create(manager: Handle, name: str, up_sql: str, down_sql: str) -> Handle:
    """Create a migration, which must be an object."""
    __tracebackhide__ = True
    with explained():
        migration = manager.create_migration(name=name, up_sql=up_sql, down_sql=down_sql)
    if not isinstance(migration, Handle):
        fail(
            "create_migration(…) did not return a Migration",
            expected="an object of the class Migration",
            got=migration,
            because=_nothing(migration) or "a Migration has the fields version, name, up_sql and so on: see the stub",
        )
    return migration


def version_of(migration: Handle) -> int:
    """Return the version, which must be a positive whole number."""
    __tracebackhide__ = True
    version = attr(migration, "version")
    expect(version, "the version of a migration").is_a(int, because="versions are whole numbers: 1, not '1' or 1.0")
    expect(version, "the version of a migration").at_least(1, because="versions are positive: 0 is none")
    return int(version)


def applied(manager: Handle) -> list[Any]:
    """Return what `get_applied_migrations` returns, which must be a list of objects."""
    __tracebackhide__ = True
    with explained():
        migrations = manager.get_applied_migrations()
    wanted = "a list of Migration objects"
    if type(migrations) is not list:
        because = _nothing(migrations) or "it returns a list, also when there is one migration or none"
        fail("get_applied_migrations() did not return a list", expected=wanted, got=migrations, because=because)
    for migration in migrations:
        if not isinstance(migration, Handle):
            kind = type(migration).__name__
            fail(
                f"get_applied_migrations() must return Migration objects, yours returns a list of {kind}",
                expected=wanted,
                got=migrations,
                because="make a Migration of each row of the table before you return it",
            )
    return migrations


def applied_versions(manager: Handle) -> list[int]:
    """Return the versions that `get_applied_migrations` lists."""
    __tracebackhide__ = True
    return [version_of(migration) for migration in applied(manager)]


def apply(manager: Handle, migration: Handle) -> None:
    """Apply a migration that works."""
    __tracebackhide__ = True
    with explained():
        answer = manager.apply_migration(migration)
    because = _nothing(answer) or "it returns True for a migration that is applied, and raises otherwise"
    expect(answer, "apply_migration(…)").is_true(because=because)


def roll_back(manager: Handle, migration: Handle) -> None:
    """Roll back a migration that works."""
    __tracebackhide__ = True
    with explained():
        answer = manager.rollback_migration(migration)
    because = _nothing(answer) or "it returns True when the migration is not applied any more, and raises otherwise"
    expect(answer, "rollback_migration(…)").is_true(because=because)


def apply_all(manager: Handle, migrations: object, **options: object) -> Any:  # noqa: ANN401 - the check's question
    """Apply migrations that work; the answer, if there is one, is a list of numbers."""
    __tracebackhide__ = True
    with explained():
        versions = manager.apply_all(migrations, **options)
    return _versions("apply_all", versions)


def rollback_to(manager: Handle, version: int) -> Any:  # noqa: ANN401 - the check's question
    """Roll back migrations that work; the answer, if there is one, is a list of numbers."""
    __tracebackhide__ = True
    with explained():
        versions = manager.rollback_to(version)
    return _versions("rollback_to", versions)


def _versions(method: str, versions: object) -> Any:  # noqa: ANN401
    __tracebackhide__ = True
    if type(versions) is not list or not all(type(version) is int for version in versions):
        because = _nothing(versions) or "not True, and no Migration objects: the numbers alone"
        fail(f"{method}(…) did not return a list of versions", expected="a list of int", got=versions, because=because)
    return versions


def unless_refused(call: Callable[[], Any], because: str) -> list[Any]:
    """Return what the call returns, in a list; an empty list if it raises MigrationError instead."""
    __tracebackhide__ = True
    answers: list[Any] = []
    try:
        with raises("MigrationError", because=because):
            answers.append(call())
    except CheckFailed:
        if not answers:  # it raised something else
            raise
    return answers


@contextmanager
def explained() -> Iterator[None]:
    """Name the fault behind what the database says, if it is one that its words do not show."""
    __tracebackhide__ = True
    try:
        yield
    except Exception as error:
        frames = getattr(error, "frames", ())
        if f"no such table: {PREPARED_TABLE}" in str(error):
            message, expected, because = (
                "your code works on another database",
                "the file at db_path, with the tables that are in it",
                OTHER_DATABASE,
            )
        elif "database is locked" in str(error):
            message, expected, because = "the database is locked", "no transaction is left open", OPEN_TRANSACTION
        elif hasattr(error, "seconds") and frames and any(call in frames[-1].text for call in _WAITING_CALLS):
            message, expected = f"{error}: it waits for a locked database", "no transaction is left open"
            because = OPEN_TRANSACTION
        else:
            raise
        raise CheckFailed(message, expected=expected, got=str(error), because=because) from error


@contextmanager
def raises_nothing(given: str, because: str) -> Iterator[None]:
    """Say what was given to a call that stumbles over the kind of its argument."""
    __tracebackhide__ = True
    try:
        yield
    except Exception as error:
        if getattr(error, "name", "") not in ("TypeError", "AttributeError"):
            raise
        message = f"apply_all could not work with {given}"
        raise CheckFailed(message, expected="any iterable is fine", got=str(error), because=because) from error


_WAITING_CALLS = ("execute", "commit(", "BEGIN")


def _nothing(answer: object) -> str:
    return "your method ends without a return" if answer is None else ""
