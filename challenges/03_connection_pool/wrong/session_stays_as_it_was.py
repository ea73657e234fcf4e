"""Mistake: a connection comes back with all that its borrower did to the session.

Believes: a rollback undoes everything.
Rejected by: session_is_wiped, autocommit_is_off_again
Hint: What belongs to the transaction ends with it. What belongs to the session, and who ends that?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """A connection comes back with all that its borrower did to the session."""

    def __init__(self, *args, reset=None, **options):
        super().__init__(*args, reset=reset or (lambda connection: None), **options)
