"""Mistake: nobody looks for rows that point to nothing.

Believes: SQLite would have complained.
Rejected by: orphans_are_refused
Hint: Foreign keys are off while you migrate. Who notices a row whose parent is gone?
"""

from sound import *

Sqlite.look_for_orphans = lambda self, connection: None
