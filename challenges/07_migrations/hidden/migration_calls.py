"""What the suites of this challenge share: names to migrate, and asking a manager for what has to work."""

import string
from random import Random
from typing import Any

from grader.testing import Handle, attr, expect, fail


def word(rng: Random, prefix: str) -> str:
    """Make up a name that nobody can know in advance; without digits, which could pass for a version."""
    return f"{prefix}_{''.join(rng.choices(string.ascii_lowercase, k=6))}"


def version_of(migration: Handle) -> int:
    """Return the version, which must be a positive whole number."""
    __tracebackhide__ = True
    version = attr(migration, "version")
    expect(version, "the version of a migration").is_a(int)
    expect(version, "the version of a migration").at_least(1)
    return int(version)


def applied(manager: Handle) -> list[Any]:
    """Return what `get_applied_migrations` returns, which must be a list."""
    __tracebackhide__ = True
    migrations = manager.get_applied_migrations()
    if type(migrations) is not list:
        fail("get_applied_migrations() did not return a list", expected="a list of migrations", got=migrations)
    return migrations


def applied_versions(manager: Handle) -> list[int]:
    """Return the versions that `get_applied_migrations` lists."""
    __tracebackhide__ = True
    return [version_of(migration) for migration in applied(manager)]


def apply(manager: Handle, migration: Handle) -> None:
    """Apply a migration that works."""
    __tracebackhide__ = True
    expect(manager.apply_migration(migration), "apply_migration(…)").is_true(
        because="it returns True for a migration that is applied, and raises otherwise"
    )


def roll_back(manager: Handle, migration: Handle) -> None:
    """Roll back a migration that works."""
    __tracebackhide__ = True
    expect(manager.rollback_migration(migration), "rollback_migration(…)").is_true(
        because="it returns True when the migration is not applied any more, and raises otherwise"
    )
