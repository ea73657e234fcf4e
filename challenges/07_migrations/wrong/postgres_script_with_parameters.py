"""Mistake: on PostgreSQL the script is executed with parameters, so that its % signs mean something.

Believes: a % in a script is written twice.
Rejected by: postgres_is_migrated_as_well
Hint: What does psycopg2 make of a % in the text if you pass it parameters as well?
"""

from sound import *

right = Postgres.run


def run(self, connection, script, *, transactional):
    with connection.cursor() as cursor:
        script = cursor.mogrify(script, ("",)).decode()
    right(self, connection, script, transactional=transactional)


Postgres.run = run
