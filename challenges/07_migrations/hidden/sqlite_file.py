"""Reading the migrated database file, without the submission's help."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from grader.testing import fail

PREPARED_TABLE = "log_of_steps"
"""A table that is in the file before the submission sees it."""

OTHER_DATABASE = (
    "your code works on another database than db_path, such as :memory: or another file, or it deletes the file"
)
OPEN_TRANSACTION = (
    "another connection, perhaps of another manager, holds an open transaction: "
    "commit before the call returns, and roll back after an error"
)


class File:
    """The database as the judge sees it: opened anew for each question, read, and closed."""

    def __init__(self, folder: Path) -> None:
        """Name the file; the submission creates it."""
        self.path = str(folder / "app.db")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Answer a question in SQL; a question that the database cannot answer fails the check."""
        __tracebackhide__ = True
        if not Path(self.path).exists():
            fail("there is no database file", expected="a file at db_path", got="no file", because=OTHER_DATABASE)
        try:
            with closing(sqlite3.connect(self.path, timeout=1.0)) as connection:
                rows = connection.execute(sql).fetchall()
        except sqlite3.Error as error:
            fail(
                "the database file could not answer",
                expected=f"an answer to: {sql}",
                got=f"{error}",
                because=_reason(str(error)),
            )
        if not rows:  # what was written may be there, unseen in a transaction that nobody committed
            self.require_no_open_transaction()
        return rows

    def column(self, sql: str) -> list[Any]:
        """Return the first column of the answer."""
        __tracebackhide__ = True
        return [row[0] for row in self.rows(sql)]

    def tables(self) -> list[str]:
        """Return the names of all tables."""
        __tracebackhide__ = True
        return self.column("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")

    def prepare(self, sql: str) -> None:
        """Set the scene before the submission sees the file; nothing here has to survive a power cut."""
        with closing(sqlite3.connect(self.path)) as connection:
            connection.executescript(f"PRAGMA synchronous = OFF; {sql}")

    def require_no_open_transaction(self) -> None:
        """Fail the check if a finished call still holds the file: whoever comes next would wait in vain."""
        __tracebackhide__ = True
        if not Path(self.path).exists():
            return
        try:
            with closing(sqlite3.connect(self.path, timeout=0.5, isolation_level=None)) as connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            fail(
                "a call has returned, but left a transaction open",
                expected="everything committed: another manager on the same file can write",
                got=f"{error}",
                because=OPEN_TRANSACTION,
            )


def _reason(answer: str) -> str:
    """Say what is behind the database's answer."""
    if "locked" in answer:
        return OPEN_TRANSACTION
    if PREPARED_TABLE in answer:
        return OTHER_DATABASE
    if "no such column" in answer:
        return "the table lacks a column that the spec names"
    if "no such table" in answer:
        return "the table was never created in this file, or that was never committed, or it has another name"
    return "the file at db_path has to be a SQLite database that anybody can open"
