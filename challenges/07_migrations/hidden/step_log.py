"""A database in which migrations leave a trace: which of them ran, and in which order."""
# ruff: noqa: S608 - the SQL is made of the suite's own words

from pathlib import Path

from grader.testing import Handle
from sqlite_file import File

LOG = "log_of_steps"
"""The table that `step` migrations write to."""


def step(manager: Handle, number: int) -> Handle:
    """Create a migration that writes its number into the log."""
    migration: Handle = manager.create_migration(
        name=f"step_{number}",
        up_sql=f"INSERT INTO {LOG} (step) VALUES ({number})",
        down_sql=f"DELETE FROM {LOG} WHERE step = {number}",
    )
    return migration


def log_of(file: File) -> list[int]:
    """Return the numbers of the steps that ran, in that order."""
    __tracebackhide__ = True
    return file.column(f"SELECT step FROM {LOG} ORDER BY position")


def file_with_log(folder: Path) -> File:
    """Make a database in which `step` migrations can run."""
    file = File(folder)
    file.prepare(f"CREATE TABLE {LOG} (position INTEGER PRIMARY KEY AUTOINCREMENT, step INTEGER NOT NULL)")
    return file
