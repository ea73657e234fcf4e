"""Mistake: the error does not say what failed.

Believes: the exception that it is chained to says the rest.
Rejected by: error_says_what_failed
Hint: It is night and the log shows only the message. What would you want to read in it?
"""

from sound import *

Database.failure = lambda self, what, error: MigrationError("migration failed")
