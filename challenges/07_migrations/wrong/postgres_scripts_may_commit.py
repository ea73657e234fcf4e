"""Mistake: on PostgreSQL a COMMIT in a script ends the transaction around it.

Believes: the driver takes care of transactions.
Rejected by: postgres_runs_all_or_nothing
Hint: psycopg2 sends a script with a COMMIT in it as it is. What is your own transaction after that?
"""

from sound import *


def run(self, connection, script, *, transactional):
    self.statement = script
    with connection.cursor() as cursor:
        cursor.execute(script)


Postgres.run = run
