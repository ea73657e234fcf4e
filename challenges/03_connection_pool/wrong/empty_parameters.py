"""Mistake: a query without parameters is executed with an empty tuple of them.

Believes: no parameters and an empty tuple of parameters are the same.
Rejected by: percent_sign_is_itself_without_parameters
Hint: What does psycopg2 do with a % in the query when it gets no parameters, and what when it gets an empty
    tuple?

psycopg2 looks for placeholders as soon as it is given a tuple, even an empty one.
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """A query without parameters is executed with an empty tuple of them."""

    def execute_query(self, query, params=None):
        return super().execute_query(query, params or ())
