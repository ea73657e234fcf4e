"""Reading the migrated database file, without the submission's help."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from grader.testing import fail


class File:
    """The database as the judge sees it: opened anew for each question, read, and closed."""

    def __init__(self, folder: Path) -> None:
        """Name the file; the submission creates it."""
        self.path = str(folder / "app.db")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Answer a question in SQL; a question that the database cannot answer fails the check."""
        __tracebackhide__ = True
        if not Path(self.path).exists():
            fail("there is no database file", expected="a file at db_path", got="no file")
        try:
            with closing(sqlite3.connect(self.path, timeout=1.0)) as connection:
                return connection.execute(sql).fetchall()
        except sqlite3.Error as error:
            fail(
                "the database file could not answer",
                expected=f"an answer to: {sql}",
                got=f"{error}",
                because="something is missing there, was never committed, or the file is still locked",
            )

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
