"""A dict that forgets what has expired, so that state kept for strangers cannot grow without bound."""

from collections.abc import Callable
from typing import TypeVar

V = TypeVar("V")

SMALL = 64


class Swept(dict[str, V]):
    """A dict that drops its dead entries whenever it has doubled since the last time.

    A write costs O(1) on average, and the dict holds at most twice what lives.
    The price: one write in many is slow, and a dead entry may still be found.
    """

    def __init__(self, alive: Callable[[V], bool]) -> None:
        """Start empty; *alive* tells which values are worth keeping."""
        super().__init__()
        self._alive = alive
        self._sweep_above = SMALL

    def __setitem__(self, key: str, value: V) -> None:
        """Set and, now and then, sweep."""
        super().__setitem__(key, value)
        if len(self) > self._sweep_above:
            self.sweep()

    def sweep(self) -> int:
        """Drop what is dead; return how many entries are left."""
        for key in [key for key, value in self.items() if not self._alive(value)]:
            del self[key]
        self._sweep_above = max(SMALL, 2 * len(self))
        return len(self)
