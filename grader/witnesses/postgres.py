"""A real PostgreSQL of our own: started in a folder, reached by a unix socket, hurt and stopped at will."""

import os
import shutil
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import psycopg2

from grader.witnesses.account import reachable, unprivileged_account
from grader.witnesses.places import has_room_for_socket, temporary_folder
from grader.witnesses.schemas import version_text
from grader.witnesses.server_process import ServerProcess
from grader.witnesses.template import forget_template, make_data_directory
from grader.witnesses.unavailable import ServerUnavailable
from grader.witnesses.wheels import postgres_programs

SECONDS_TO_START = 15.0
_POLL = 0.004
_PORT = 5432
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "16MB",
    "max_wal_size": "128MB",
    "log_timezone": "UTC",
}
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}
"""synchronous_commit stays on: off, ``halt`` would lose the last half second of commits; on, it costs nothing here."""


class Postgres:
    """A running PostgreSQL server: superuser ``postgres`` without a password, database ``postgres``.

    Made by ``Postgres.start``. The socket's folder is open to this user (and root) only. *dsn* is a URL and
    stays the same over ``halt`` and ``restart``.
    """

    def __init__(self, folder: Path, *, durable: bool, settings: Mapping[str, str], disposable: Path | None) -> None:
        self._folder = folder
        self._settings = _SETTINGS | ({} if durable else _NOT_DURABLE) | dict(settings)
        self._owner = os.getpid()
        self._account = unprivileged_account()
        self._programs = postgres_programs(self._account)
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(0o700 if self._account.uid is None else 0o711)
        fits = has_room_for_socket(folder) and reachable(folder, self._account)
        self._elsewhere = None if fits else temporary_folder(self._account)
        self._disposable = self._elsewhere or disposable
        self._room = (self._elsewhere or folder) / "home"
        if not self._room.exists():
            self._room.mkdir(mode=0o700)
            self._account.own(self._room)
        self._process: ServerProcess | None = None
        self.dsn = f"postgresql://postgres@/postgres?host={self._room}&port={_PORT}"
        self.version = self._programs.version

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        durable: bool = False,
        settings: Mapping[str, str] | None = None,
        disposable: Path | None = None,
    ) -> Self:
        """Start a server on a copy of the cached data directory and wait until it accepts connections.

        A second start in the same folder finds the data again. Where the folder's path is too long for a
        socket, or the unprivileged user that PostgreSQL runs as under root cannot reach it, data and socket
        lie in a temporary folder instead, which ``stop`` removes; the log is always in *folder*.

        Arguments:
            folder: made if missing; holds ``postgres.log`` and the data.
            durable: keep fsync and full page writes on. Off, a commit does not wait for the disk, and the data may be
                lost when the machine dies; when only the server dies, every commit is kept either way.
            settings: further ones, as in postgresql.conf.
            disposable: a temporary folder to remove with the server, should this process be killed.

        Raises:
            ServerUnavailable: no programs, no data directory, or not ready after 15 s; with the log's last
                lines.
        """
        server = cls(folder, durable=durable, settings=settings or {}, disposable=disposable)
        try:
            server._start_on_data()
        except BaseException:
            server.stop()
            raise
        return server

    @property
    def pid(self) -> int:
        """The server's main process, 0 while it is halted."""
        return self._process.pid if self._process is not None else 0

    def alive(self) -> bool:
        """Whether the server's main process is there."""
        return self._process is not None and self._process.alive()

    def halt(self) -> None:
        """Shut down at once, as a crash would: clients are cut off, the data is kept for ``restart``."""
        if self._process is not None and os.getpid() == self._owner:
            self._process.end()
            self._process = None

    def restart(self) -> None:
        """Halt, and start again on the same data and address.

        Raises:
            ServerUnavailable: it is not ready after 15 s, or this is a forked child of the process it belongs
                to.
        """
        if os.getpid() != self._owner:
            message = "only the process that started PostgreSQL can restart it"
            raise ServerUnavailable(message)
        self.halt()
        self._launch()

    def stop(self) -> None:
        """Shut down at once and remove what lies outside the folder. Can be repeated; nothing in a fork."""
        if os.getpid() != self._owner:
            return
        self.halt()
        if self._elsewhere is not None:
            shutil.rmtree(self._elsewhere, ignore_errors=True)

    def _start_on_data(self) -> None:
        """Make the data directory unless there is one, and start; a copy that fails dooms the template."""
        data = self._room / "data"
        if (data / "PG_VERSION").exists():
            self._launch()
            return
        make_data_directory(data, self._programs, self._account)
        try:
            self._launch()
        except ServerUnavailable:
            forget_template(self._programs, self._account)
            shutil.rmtree(data, ignore_errors=True)
            make_data_directory(data, self._programs, self._account)
            self._launch()

    def _launch(self) -> None:
        """Start the program and wait until a connection succeeds."""
        settings = self._settings | {"unix_socket_directories": str(self._room), "port": str(_PORT)}
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        process = ServerProcess(
            [self._programs.postgres, "-D", self._room / "data", *arguments],
            what="PostgreSQL",
            log=self._folder / "postgres.log",
            account=self._account,
            ending=signal.SIGQUIT,
            disposable=self._disposable,
        )
        self._process = process
        deadline = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                connection = psycopg2.connect(self.dsn, connect_timeout=2)
            except psycopg2.OperationalError:
                if not process.alive():
                    raise process.gave_up("ended while it was starting") from None
                if time.monotonic() > deadline:
                    raise process.gave_up(f"was not ready after {SECONDS_TO_START:g} s") from None
                time.sleep(_POLL)
            else:
                self.version = version_text(connection.server_version)
                connection.close()
                return
