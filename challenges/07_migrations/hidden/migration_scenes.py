"""Situations in which several migrators meet; built and run in the submission's process, over and over."""

# ruff: noqa: ANN401, D102 - the submission has no types here; a scene's `jobs` and callers speak for themselves

import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

_MEMORY = Path("/dev/shm")  # noqa: S108 - where there is such a folder, sixty runs wait for no disk


class _Folder:
    """A folder of the scene's own with the path of a database in it."""

    def __init__(self) -> None:
        self.name = tempfile.mkdtemp(prefix="scene-", dir=_MEMORY if _MEMORY.is_dir() else None)
        self.path = str(Path(self.name) / "app.db")

    def runs(self) -> list[int]:
        """Tell which migrations ran, then remove it all."""
        with closing(sqlite3.connect(self.path)) as connection:
            steps = [row[0] for row in connection.execute("SELECT step FROM runs ORDER BY rowid")]
        shutil.rmtree(self.name, ignore_errors=True)
        return steps


def _migration(solution: Any) -> Any:
    script = "CREATE TABLE IF NOT EXISTS runs (step INTEGER); INSERT INTO runs VALUES (1)"
    return solution.Migration(version=1, name="one", up_sql=script, down_sql="DROP TABLE runs")


class TwoServersStart:
    """Two programs start at the same moment with a new database; each has a manager of its own."""

    def __init__(self, solution: Any) -> None:
        self.folder = _Folder()
        self.managers = [solution.MigrationManager(self.folder.path) for _ in range(2)]
        self.migration = _migration(solution)

    def jobs(self) -> list[Callable[[], object]]:
        return [lambda: self.start(0), lambda: self.start(1)]

    def start(self, number: int) -> bool:
        return bool(self.managers[number].apply_migration(self.migration))

    def seen(self) -> list[int]:
        for manager in self.managers:
            manager.close()
        return self.folder.runs()


class TwoThreadsOneManager:
    """Two threads use one manager: both apply the same migration."""

    def __init__(self, solution: Any) -> None:
        self.folder = _Folder()
        self.manager = solution.MigrationManager(self.folder.path)
        self.migration = _migration(solution)

    def jobs(self) -> list[Callable[[], object]]:
        return [self.start, self.start]

    def start(self) -> bool:
        return bool(self.manager.apply_migration(self.migration))

    def seen(self) -> list[int]:
        self.manager.close()
        return self.folder.runs()


class TwoNewMigrations:
    """Two threads create different migrations with one manager."""

    def __init__(self, solution: Any) -> None:
        self.folder = _Folder()
        self.manager = solution.MigrationManager(self.folder.path)

    def jobs(self) -> list[Callable[[], object]]:
        return [lambda: self.create("one"), lambda: self.create("two")]

    def create(self, name: str) -> int:
        return int(self.manager.create_migration(name, f"CREATE TABLE {name} (x)", f"DROP TABLE {name}").version)

    def seen(self) -> None:
        self.manager.close()
        shutil.rmtree(self.folder.name, ignore_errors=True)
