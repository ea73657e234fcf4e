"""The clock of the fake Redis' process: real time plus an offset, or standing still."""

import time

_real_time = time.time


class FakeTime:
    """What ``time.time`` answers once ``install`` has put this in its place.

    One attribute holds the whole state, so a thread reading the clock never sees half a change.
    """

    def __init__(self) -> None:
        self._state: tuple[float, float | None] = (0.0, None)

    def now(self) -> float:
        """Virtual seconds since the epoch."""
        offset, frozen = self._state
        return _real_time() + offset if frozen is None else frozen

    def move(self, offset: float) -> None:
        """Let time flow *offset* seconds away from real time, also if it stood still."""
        self._state = (offset, None)

    def freeze(self, at: float) -> None:
        """Stand still at *at* seconds since the epoch."""
        self._state = (self._state[0], at)

    def unfreeze(self) -> float:
        """Flow on from where time stood still; the answer is the offset from now on."""
        offset, frozen = self._state
        if frozen is not None:
            offset = frozen - _real_time()
            self._state = (offset, None)
        return offset

    def install(self) -> None:
        """Become ``time.time``, the one clock fakeredis reads: for expiry, TIME, streams, blocking commands.

        ``monotonic`` stays real: it paces the waiting itself, and a thread must not wait for ever.
        """
        time.time = self.now
