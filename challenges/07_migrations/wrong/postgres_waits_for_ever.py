"""Mistake: on PostgreSQL a migrator waits for the lock without an end.

Believes: whoever holds the lock will let go of it.
Rejected by: postgres_wait_is_bounded
Hint: Which setting of PostgreSQL bounds the wait for a lock?
"""

from sound import *

Postgres.lock = lambda self, connection: self.execute(connection, "SELECT pg_advisory_lock(hashtext(current_schema()))")
