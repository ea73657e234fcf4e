"""Mistake: in the child, the end of a block that ran during the fork commits or rolls back.

Believes: a block ends where it ends.
Rejected by: child_leaves_parents_connections_alone
Hint: A block was running during the fork, so it ends twice. In which of the two processes may it commit?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """In the child, the end of a block that ran during the fork commits or rolls back."""

    def _is_mine(self, loan):
        return True

    def _forget_parent(self):
        super()._forget_parent()

    def _free(self, loan):
        if loan in self._loans:
            super()._free(loan)
