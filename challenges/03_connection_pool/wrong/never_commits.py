"""Mistake: a block that ends well is not committed.

Believes: an INSERT is saved as soon as it has run.
Rejected by: clean_exit_commits, error_rolls_back, connection_is_free_again_after_a_failed_commit,
    statement_without_rows_gives_an_empty_list, returning_rows_are_kept, interrupts_roll_back,
    lent_connections_finish_first
Hint: psycopg2 begins a transaction by itself. Who ends it, and what happens to the writes if nobody does?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """A block that ends well is not committed."""

    def _commit(self, loan):
        pass
