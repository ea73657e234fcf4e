"""Mistake: rows are fetched after every statement.

Believes: every statement has a result, if only an empty one.
Rejected by: statement_without_rows_gives_an_empty_list
Hint: Which statements have rows to give, and which have none? The cursor can tell you before you fetch.

psycopg2 raises ProgrammingError, and the rollback that follows takes the INSERT with it.
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Rows are fetched after every statement."""

    def execute_query(self, query, params=None):
        with self.get_connection() as connection, connection.cursor() as cursor:
            cursor.execute(query, params)
            return cursor.fetchall()
