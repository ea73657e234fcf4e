"""A real Valkey of our own on a free loopback port, started in 50 ms and gone without a trace."""

import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from grader.witnesses import resp
from grader.witnesses.server_process import ServerProcess
from grader.witnesses.unavailable import ServerUnavailable
from grader.witnesses.wheels import valkey_program

HOST = "127.0.0.1"
SECONDS_TO_START = 15.0
PORTS_TO_TRY = 10
_POLL = 0.002
_SETTINGS = {"save": "", "appendonly": "no", "daemonize": "no", "databases": "16"}


class _PortTaken(Exception):
    """Somebody else took the port between our looking and the server's binding it."""


class Valkey:
    """A running Valkey server. Made by ``Valkey.start``; *host* and *port* stay the same over ``restart``."""

    def __init__(self, folder: Path, *, settings: Mapping[str, str], disposable: Path | None) -> None:
        self._program = valkey_program()
        self._folder = folder
        self._settings = _SETTINGS | dict(settings)
        self._disposable = disposable
        self._owner = os.getpid()
        self._process: ServerProcess | None = None
        self.host = HOST
        self.port = 0
        self.version = ""
        folder.mkdir(parents=True, exist_ok=True)

    @classmethod
    def start(cls, folder: Path, *, settings: Mapping[str, str] | None = None, disposable: Path | None = None) -> Self:
        """Start a server that keeps nothing on disk and wait until it answers.

        Arguments:
            folder: made if missing; holds ``valkey.log``, and files if *settings* ask for any.
            settings: further ones, as in valkey.conf: ``{"appendonly": "yes"}`` makes the data outlive a
                ``restart``.
            disposable: a temporary folder to remove with the server, should this process be killed.

        Raises:
            ServerUnavailable: no program, or it does not answer after 15 s; with the log's last lines.
        """
        server = cls(folder, settings=settings or {}, disposable=disposable)
        for _ in range(PORTS_TO_TRY):
            server.port = free_port()
            try:
                server._launch()
            except _PortTaken:
                continue
            return server
        message = f"Valkey found no free port in {PORTS_TO_TRY} attempts"
        raise ServerUnavailable(message)

    @property
    def pid(self) -> int:
        """The server's process, 0 while it is halted."""
        return self._process.pid if self._process is not None else 0

    def alive(self) -> bool:
        """Whether the server's process is there."""
        return self._process is not None and self._process.alive()

    def halt(self) -> None:
        """Kill the server: clients are cut off, and what was not written to disk is lost."""
        if self._process is not None and os.getpid() == self._owner:
            self._process.end()
            self._process = None

    def restart(self) -> None:
        """Halt, and start again on the same port.

        Raises:
            ServerUnavailable: the port was taken meanwhile, it does not answer after 15 s, or this is a
                forked child of the process it belongs to.
        """
        if os.getpid() != self._owner:
            message = "only the process that started Valkey can restart it"
            raise ServerUnavailable(message)
        self.halt()
        try:
            self._launch()
        except _PortTaken:
            message = f"Valkey cannot have port {self.port} again: another program has taken it"
            raise ServerUnavailable(message) from None

    def stop(self) -> None:
        """Kill the server. Can be called again; in a forked child it does nothing."""
        self.halt()

    def _launch(self) -> None:
        """Start the program on ``self.port`` and wait until our own process answers there."""
        log = self._folder / "valkey.log"
        written_before = log.stat().st_size if log.exists() else 0
        settings = self._settings | {"bind": HOST, "port": str(self.port), "dir": str(self._folder)}
        arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
        process = ServerProcess([self._program, *arguments], what="Valkey", log=log, disposable=self._disposable)
        self._process = process
        deadline = time.monotonic() + SECONDS_TO_START
        while True:
            facts = _about(self.port)
            if facts.get("process_id") == str(process.pid):
                self.version = facts.get("valkey_version") or facts.get("redis_version", "")
                return
            if not process.alive():
                with log.open("rb") as file:
                    file.seek(written_before)
                    taken = b"Address already in use" in file.read()
                gave_up = process.gave_up("ended while it was starting")
                raise _PortTaken if taken else gave_up
            if time.monotonic() > deadline:
                raise process.gave_up(f"did not answer after {SECONDS_TO_START:g} s")
            time.sleep(_POLL)


def free_port() -> int:
    """A loopback port that is free at this moment; another program may take it in the next."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _about(port: int) -> dict[str, str]:
    """What the server at *port* says of itself; nothing while it does not answer."""
    try:
        with resp.Client(HOST, port, timeout=0.25) as client:
            return resp.info(client)
    except (OSError, resp.RefusedError):
        return {}
