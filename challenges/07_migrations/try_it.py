"""Applies two migrations to a new database, runs the program a second time, and rolls one back."""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

USERS = {
    "name": "create_users_table",
    "up_sql": """
        CREATE TABLE users (
            id INTEGER PRIMARY KEY,
            username TEXT UNIQUE NOT NULL,
            email TEXT UNIQUE NOT NULL,
            created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
        )
    """,
    "down_sql": "DROP TABLE users",
}
PROFILES = {
    "name": "add_user_profiles",
    "up_sql": """
        CREATE TABLE user_profiles (
            user_id INTEGER PRIMARY KEY REFERENCES users (id),
            bio TEXT,
            avatar_url TEXT
        )
    """,
    "down_sql": "DROP TABLE user_profiles",
}


def run(solution: Any, servers: Any) -> None:  # noqa: ANN401, ARG001 -- the learner's module; no server is needed
    """Migrate a database of its own with the MigrationManager of *solution*."""
    with tempfile.TemporaryDirectory(prefix="levelup-try-") as folder:
        path = Path(folder) / "app.db"
        print("The first run of a program:")
        migrate(solution, path)
        print("\nThe second run, which finds nothing left to do:")
        profiles = migrate(solution, path)
        print(f"\nRolling back migration {profiles.version}, {profiles.name}:")
        manager = solution.MigrationManager(str(path))
        manager.rollback_migration(profiles)
        report(manager, path)


def migrate(solution: Any, path: Path) -> Any:  # noqa: ANN401 -- returns the newest migration
    """Do what a program does when it starts."""
    manager = solution.MigrationManager(str(path))
    migrations = [manager.create_migration(**USERS), manager.create_migration(**PROFILES)]
    for migration in migrations:
        answer = manager.apply_migration(migration)
        print(f"  apply migration {migration.version}, {migration.name}: {answer}")
    report(manager, path)
    return migrations[-1]


def report(manager: Any, path: Path) -> None:  # noqa: ANN401 - the learner's manager
    """Print what the history says, and what is in the file."""
    for migration in manager.get_applied_migrations():
        print(f"  applied: {migration.version}, {migration.name}, at {migration.applied_at}")
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        print(f"  tables in {path.name}: {', '.join(name for (name,) in rows)}")
