"""Mistake: the parameters are pasted into the query as text.

Believes: %s is Python's own formatting.
Rejected by: query_returns_rows
Hint: What does the finished query look like for somebody called O'Neil? The driver can fill in values safely.

O'Neil breaks the query. Somebody called '; DROP TABLE person; -- does worse: this is SQL injection.
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """The parameters are pasted into the query as text."""

    def execute_query(self, query, params=None):
        if params is not None:
            query %= tuple(repr(value) if "'" not in str(value) else f"'{value}'" for value in params)
        return super().execute_query(query)
