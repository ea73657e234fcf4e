"""A fake Redis in a process of its own, whose clock its owner moves."""

import os
import select
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Self

from grader.witnesses.fake_orders import ANSWER, FREEZE, MOVE, ORDER, UNFREEZE
from grader.witnesses.server_process import ServerProcess
from grader.witnesses.unavailable import ServerUnavailable

SECONDS_TO_START = 15.0
SECONDS_TO_OBEY = 5.0
_ROOT = Path(__file__).resolve().parents[2]
_BOOT = """
import sys
sys.path.insert(0, sys.argv[2])
from grader.witnesses.fake_redis_server import main
main(int(sys.argv[1]))
"""


class FakeRedis:
    """fakeredis behind a real socket: a solution that is given host and port cannot tell it from a server.

    Made by ``FakeRedis.start``, which returns at once; *host*, *port* and *version* are there after
    ``wait_ready``. The clock moves only through this object: the process obeys a pipe that nobody else has.
    """

    def __init__(self, process: ServerProcess) -> None:
        self._process = process
        self.host = "127.0.0.1"
        self.port = 0
        self.version = f"fakeredis {metadata.version('fakeredis')}"

    @classmethod
    def start(cls, folder: Path, *, port: int = 0, disposable: Path | None = None) -> Self:
        """Launch the process (5 ms) without waiting until it is ready (0.4 s, mostly imports).

        Arguments:
            folder: made if missing; holds ``fake_redis.log``.
            port: the port to serve on, free or one that another fake has just left; 0 chooses a free one.
            disposable: a temporary folder to remove with the server, should this process be killed.

        Raises:
            ServerUnavailable: fakeredis is not installed, or the process could not be started.
        """
        folder.mkdir(parents=True, exist_ok=True)
        try:
            metadata.version("fakeredis")
            metadata.version("lupa")
        except metadata.PackageNotFoundError as missing:
            message = f"the package {missing.name} is not installed, so there is no fake Redis"
            raise ServerUnavailable(message) from missing
        # -I keeps the user's PYTHON* variables and the current folder out of the process.
        command = [sys.executable, "-I", "-c", _BOOT, str(port), str(_ROOT)]
        log = folder / "fake_redis.log"
        what = "the fake Redis"
        return cls(ServerProcess(command, what=what, log=log, disposable=disposable, talks=True))

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def wait_ready(self) -> Self:
        """Wait until it serves; returns itself. Can be called again.

        Raises:
            ServerUnavailable: it ended or was not ready after 15 s; with the log's last lines.
        """
        if self.port == 0:
            self.port = int(self._answer(SECONDS_TO_START))
        return self

    def move(self, offset: float) -> None:
        """Let its time flow *offset* seconds away from real time; a frozen clock flows again.

        When this returns, expiry, TIME, TIME in Lua, stream ids and the time-outs of blocked commands go by
        the new time. No command sees a part of the change.

        Arguments:
            offset: seconds, absolute: the same offset twice changes nothing.

        Raises:
            ServerUnavailable: it has ended, or does not answer within 5 s.
        """
        self._order(MOVE, offset)

    def freeze(self, at: float | None = None) -> float:
        """Stop its clock at *at* seconds since the epoch, by default the real now; freeze again to move on.

        Blocked commands still end after the real time of their time-out. Raises as ``move`` does.
        """
        return self._order(FREEZE, time.time() if at is None else at)

    def unfreeze(self) -> float:
        """Let its clock flow on from where it stands; returns the new offset. Raises as ``move`` does."""
        return self._order(UNFREEZE, 0.0)

    def alive(self) -> bool:
        """Whether the process is there."""
        return self._process.alive()

    def stop(self) -> None:
        """Kill the process. Can be called again; in a forked child it does nothing."""
        self._process.end()

    def _order(self, letter: bytes, number: float) -> float:
        """Send an order and wait until it is carried out."""
        self.wait_ready()
        try:
            self._process.input.write(ORDER.pack(letter, number))
            self._process.input.flush()
        except (OSError, ValueError):
            # ValueError: the pipe is closed on our side, because the server was stopped.
            raise self._process.gave_up("has ended") from None
        return self._answer(SECONDS_TO_OBEY)

    def _answer(self, patience: float) -> float:
        """Wait for an answer, at most *patience* seconds; the process is ended if none comes."""
        output = self._process.output
        received = b""
        while len(received) < ANSWER.size:
            if not select.select([output], [], [], patience)[0]:
                raise self._process.gave_up(f"did not answer within {patience:g} s")
            piece = os.read(output.fileno(), ANSWER.size - len(received))
            if not piece:
                raise self._process.gave_up("has ended")
            received += piece
        return float(ANSWER.unpack(received)[0])
