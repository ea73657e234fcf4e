"""Mistake: on PostgreSQL nothing keeps two migrators apart.

Believes: BEGIN on PostgreSQL is a lock, as BEGIN IMMEDIATE is on SQLite.
Rejected by: postgres_migrators_take_turns, postgres_first_table_is_made_once, postgres_wait_is_bounded
Hint: Two sessions say BEGIN and look into the history. Does PostgreSQL make one of them wait?
"""

from sound import *

Postgres.lock = lambda self, connection: None
