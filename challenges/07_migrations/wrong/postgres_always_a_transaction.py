"""Mistake: on PostgreSQL every script runs in a transaction.

Believes: PostgreSQL can undo everything.
Rejected by: postgres_builds_indexes_concurrently
Hint: What does PostgreSQL answer to CREATE INDEX CONCURRENTLY in a transaction?
"""

from sound import *

right = Postgres.run
Postgres.run = lambda self, connection, script, **_: right(self, connection, script, transactional=True)
