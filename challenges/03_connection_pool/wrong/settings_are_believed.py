"""Mistake: settings that make no sense are not refused.

Believes: nobody asks for fewer than no connections.
Rejected by: settings_are_checked_first
Hint: What does your pool do with max_connections=0, and when does its owner learn of it?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Settings that make no sense are not refused."""

    def _check_settings(self, least, most, connect, dsn):
        self._least = least
