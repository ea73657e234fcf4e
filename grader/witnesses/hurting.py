"""What may be done to a server on purpose: stop it, let it stand still, and set it right again."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from grader.witnesses.postgres import Postgres
from grader.witnesses.unavailable import ServerUnavailable
from grader.witnesses.valkey import Valkey

Server = Postgres | Valkey


def hurt(server: Server, how: str) -> None:
    """Do one thing to *server*.

    Arguments:
        how: ``"stop"``, at once and without a goodbye (PostgreSQL keeps what was committed, Valkey nothing);
            ``"start"`` and ``"restart"`` on the same address; ``"pause"``, it holds its connections and never answers;
            ``"resume"``.

    Raises:
        ServerUnavailable: it did not start again, or *how* is none of these.
    """
    match how:
        case "stop":
            resume(server)
            server.halt()
        case "start":
            whole(server)
        case "restart":
            resume(server)
            server.restart()
        case "pause":
            _signal(server, signal.SIGSTOP)
        case "resume":
            resume(server)
        case _:
            message = f"a server cannot be hurt by {how!r}"
            raise ServerUnavailable(message)


def whole(server: Server) -> None:
    """Let *server* run and answer again, whatever was done to it."""
    resume(server)
    if not server.alive():
        server.restart()


def resume(server: Server) -> None:
    """Let a paused server go on; nothing happens to another."""
    _signal(server, signal.SIGCONT)


def _signal(server: Server, number: signal.Signals) -> None:
    """Send *number* to the server's process and its children: each of PostgreSQL's has a group of its own."""
    if server.pid == 0:
        return
    for pid in (server.pid, *_children(server.pid)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _children(pid: int) -> list[int]:
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    told = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="],  # noqa: S607 - found on the system's default path
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    pairs = [line.split() for line in told.splitlines()]
    return [int(pair[0]) for pair in pairs if len(pair) == 2 and pair[1] == str(pid)]  # noqa: PLR2004 - child, parent
