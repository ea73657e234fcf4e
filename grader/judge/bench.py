"""The judge's bench: what one judge process needs for its checks, put together once."""

import os
import random
import socket
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.events import Event, Narrated, OutputWritten
from grader.judge.clock import Clock
from grader.judge.seat import Seat, Submission
from grader.judge.servers import Servers
from grader.model import Limits
from grader.nursery import mail

MAX_TIMEOUTS = 3
"""After so many time-outs the remaining checks are skipped: each would only cost its deadline again."""


@dataclass(frozen=True)
class Request:
    """What one judge is asked: the submission's file, the seed, the choice of checks, and how to run them."""

    submission: str
    seed: int = 0
    tier: int | None = None
    keyword: str = ""
    only: tuple[str, ...] = ()
    fresh: bool = False
    debug: bool = False
    collect_only: bool = False
    home: str = ""
    hidden_roots: tuple[str, ...] = ()


@dataclass
class Bench:
    """One judge's belongings.

    Arguments:
        request: what is asked.
        challenge: the challenge's number, module and limits.
        subjects: the connection to the subjects' nursery.
        servers_connection: the connection to the servers' process.
        emit: takes the events.
    """

    request: Request
    number: str
    module: str
    limits: Limits
    subjects: socket.socket
    servers_connection: socket.socket
    emit: Callable[[Event], None]
    current_check: str = ""
    timeouts: int = 0
    seat: Seat = field(init=False)
    servers: Servers = field(init=False)
    clock: Clock = field(init=False)
    _lines: tuple[mail.Line, mail.Line] = field(init=False)

    def __post_init__(self) -> None:
        """Make the seat, the way to the servers and the clock."""
        submission = Submission(Path(self.request.submission), self.module, self.request.hidden_roots)
        asked = self.request
        self._lines = mail.Line(self.subjects), mail.Line(self.servers_connection)
        self.seat = Seat(self._lines[0], submission, self.limits, self._printed, home=asked.home, debug=asked.debug)
        self.servers = Servers(self._lines[1], lambda text: self.emit(Narrated(text)))
        self.clock = Clock(self.seat, self.servers)

    def rng(self, check: str) -> random.Random:
        """A generator for one check: the same numbers for the same seed, whatever else runs."""
        return random.Random(f"{self.request.seed}/{self.number}/{check}")  # noqa: S311 - inputs, not secrets

    def schema(self, check: str) -> str:
        """A schema name of this judge and check alone."""
        return f"check_{os.getpid()}_{zlib.crc32(check.encode()):08x}"

    def in_background(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> "Future[Any]":  # noqa: ANN401
        """Run *function* on another thread of the judge; its calls run on a thread of their own in the submission."""
        future: Future[Any] = Future()

        def work() -> None:
            try:
                future.set_result(function(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001 - whoever asks for the result gets it
                future.set_exception(error)
            finally:
                self.seat.leave_lane()

        threading.Thread(target=work, name=f"background-{self.current_check}", daemon=True).start()
        return future

    def close(self) -> None:
        """End the subject and hang up."""
        self.seat.close()
        for line in self._lines:
            line.close()

    def _printed(self, text: str) -> None:
        self.emit(OutputWritten(self.number, self.current_check, text))
