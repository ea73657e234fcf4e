"""Mistake: get_stats() has the four numbers of tier 1, and no more.

Believes: who needs more can count for himself.
Rejected by: all_numbers_are_told, one_being_opened_is_in_use, numbers_are_of_one_moment, no_count_is_lost,
    opened_minus_closed_is_the_size
Hint: Compare the keys that your get_stats() returns with the two tables of the spec.
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Get_stats() has the four numbers of tier 1, and no more."""

    def _numbers(self):
        numbers = super()._numbers()
        kept = ("pool_size", "available_connections", "connections_created", "connections_used")
        return {key: numbers[key] for key in kept}
