"""Mistake: long loans are reported although leak_threshold is None.

Believes: a minute is too long in any case.
Rejected by: ended_loans_are_not_reported
Hint: What did the owner of the pool ask for with leak_threshold=None?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Long loans are reported although leak_threshold is None."""

    def __init__(self, *args, leak_threshold=None, **options):
        super().__init__(*args, leak_threshold=60 if leak_threshold is None else leak_threshold, **options)
