"""Mistake: only statements that begin with SELECT are asked for rows.

Believes: who wants rows writes SELECT.
Rejected by: returning_rows_are_kept
Hint: Some statements write and give rows as well. Who knows better than the first word whether there are
    rows?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Only statements that begin with SELECT are asked for rows."""

    def execute_query(self, query, params=None):
        with self.get_connection() as connection, connection.cursor() as cursor:
            cursor.execute(query, params)
            return list(cursor.fetchall()) if query.lstrip().upper().startswith("SELECT") else []
