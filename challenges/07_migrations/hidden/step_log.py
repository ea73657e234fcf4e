"""A database in which migrations leave a trace: which of them ran, and in which order."""
# ruff: noqa: S608 - the SQL is made of the suite's own words

from pathlib import Path

from grader.testing import Handle
from migration_calls import create_new
from sqlite_file import PREPARED_TABLE, File

LOG = PREPARED_TABLE
"""The table that `step` migrations write to."""


def log_step(number: int) -> str:
    """Return the statement that writes a number into the log."""
    return f"INSERT INTO {LOG} (step) VALUES ({number})"


def scripts_of(number: int) -> tuple[str, str]:
    """Return the scripts that write a number into the log, and take it out."""
    return log_step(number), f"DELETE FROM {LOG} WHERE step = {number}"


def step(manager: Handle, number: int) -> Handle:
    """Create a migration that writes its number into the log."""
    __tracebackhide__ = True
    return create_new(manager, f"step_{number}", *scripts_of(number))


def step_by_hand(subject: Handle, version: int, name: str = "by_hand") -> Handle:
    """Build a migration without a manager; it writes its version into the log."""
    __tracebackhide__ = True
    up_sql, down_sql = scripts_of(version)
    migration: Handle = subject.Migration(version=version, name=name, up_sql=up_sql, down_sql=down_sql)
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
