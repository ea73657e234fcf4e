"""The fixture `clock`: virtual time, moved in the subject and in the fake Redis together."""

import time
from typing import TYPE_CHECKING

from grader.timeline import CLOCK

if TYPE_CHECKING:
    from grader.judge.seat import Seat
    from grader.judge.servers import Servers


class Clock:
    """Virtual time is real time plus an offset; it only ever moves forward within a run."""

    def __init__(self, seat: "Seat", servers: "Servers") -> None:
        self._seat = seat
        self._servers = servers

    def now(self) -> float:
        """Virtual seconds since the epoch."""
        frozen = self._seat.frozen_at
        return frozen if frozen is not None else time.time() + self._seat.offset

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass at once. The store's clock moves first, so that no key outlives the caller's time."""
        self._seat.offset += seconds
        if self._seat.frozen_at is not None:
            self._seat.frozen_at += seconds
            self._servers.freeze(self._seat.frozen_at)
        else:
            self._servers.move(self._seat.offset)
        self._seat.tell("advance", seconds)
        self._seat.note(f"clock moved by {seconds:g} s", "", CLOCK)

    def freeze(self) -> None:
        """Stop the flow of time; `advance` still moves it. Code that sleeps will wait for that."""
        self._seat.frozen_at = self.now()
        self._servers.freeze(self._seat.frozen_at)
        self._seat.tell("freeze", self._seat.frozen_at)

    def unfreeze(self) -> None:
        """Let time flow again from where it stopped."""
        if self._seat.frozen_at is None:
            return
        self._seat.offset = max(self._seat.offset, self._seat.frozen_at - time.time())
        self._seat.frozen_at = None
        self._servers.unfreeze(self._seat.offset)
        self._seat.tell("unfreeze", self._seat.offset)
