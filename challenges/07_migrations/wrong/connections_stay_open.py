"""Mistake: connections are not closed.

Believes: `with connect(…) as connection:` closes it at the end.
Rejected by: no_file_stays_open
Hint: Count the open files of your process after fifty calls. What does `with` do at the end of a sqlite3
    connection, and what not?
"""

from contextlib import contextmanager
from pathlib import Path

from sound import *
from sound import MigrationManager as Right


class Open(Sqlite):
    def __init__(self, *args):
        super().__init__(*args)
        self.opened = []

    @contextmanager
    def reading(self):
        if not Path(self.path).exists():
            with super().reading() as connection:
                yield connection
            return
        self.opened.append(self.connect(self.path))
        with self.opened[-1] as connection:
            yield connection


class MigrationManager(Right):
    Sqlite = Open
