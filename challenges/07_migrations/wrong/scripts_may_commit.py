"""Mistake: a COMMIT in a script is run like any other statement.

Believes: nobody writes COMMIT into a migration.
Rejected by: script_must_not_end_its_transaction
Hint: A script says COMMIT in its middle, and its last statement fails. What can your ROLLBACK still undo?
"""

import sqlite3

from sound import *

Sqlite.guard = staticmethod(lambda action, *details: sqlite3.SQLITE_OK)
