"""Owns a run's servers: each started when first needed, all stopped together, in one temporary folder."""

import atexit
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, Self, TypedDict

from grader.witnesses import hurting
from grader.witnesses.account import unprivileged_account
from grader.witnesses.fake_redis import FakeRedis
from grader.witnesses.outside import OutsideRedis, outside_postgres, outside_redis
from grader.witnesses.places import temporary_folder
from grader.witnesses.postgres import Postgres
from grader.witnesses.unavailable import ServerUnavailable
from grader.witnesses.valkey import Valkey

Kind = Literal["postgres", "valkey", "redis"]


class Address(TypedDict, total=False):
    """Where a server is; a plain dict of texts and numbers.

    Always there are ``kind``, ``version``, ``stands_in`` (it is not the server asked for but a substitute),
    ``reason`` (why, else empty) and ``outside`` (somebody else runs it). Redis and Valkey have ``host``,
    ``port`` and ``db``, PostgreSQL has ``dsn``.
    """

    kind: str
    version: str
    stands_in: bool
    reason: str
    outside: bool
    host: str
    port: int
    db: int
    dsn: str


class Keeper:
    """Starts servers on demand and ends them with ``close``, at exit, or when this process is killed.

    A server that has died is started again on the same address by the next ``need``: PostgreSQL with its
    data, the others empty. Only the process that made the keeper may start and stop; in a forked child
    ``close`` does nothing. Not for several threads at once.

    Arguments:
        environ: where REDIS_URL and DATABASE_URL are looked up; the process's environment if None.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        self._owner = os.getpid()
        self._folder: Path | None = None
        self._postgres: Postgres | None = None
        self._valkey: Valkey | None = None
        self._fakes: dict[str, FakeRedis] = {}
        self._own: dict[str, Postgres | Valkey] = {}
        self._outside: OutsideRedis | None = None
        self._outside_version = ""
        self._refusals: dict[str, str] = {}

    def __enter__(self) -> Self:
        """The keeper itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def need(self, kind: Kind) -> Address:
        """The address of a server, started now if it is not running.

        Arguments:
            kind: ``"postgres"``, a real PostgreSQL; ``"valkey"``, a real Valkey or Redis, or where there is
                none the fake with ``stands_in`` set; ``"redis"``, the fake Redis whose clock ``move`` moves.

        Raises:
            ServerUnavailable: it cannot be had. The refusal of a server of ours is remembered: asking again
                does not wait again. An outside one is asked anew.
        """
        starters: dict[str, Callable[[], Address]] = {
            "postgres": self._need_postgres,
            "valkey": self._need_valkey,
            "redis": lambda: self._need_fake("redis"),
        }
        if kind not in starters:
            message = f"there is no server of kind {kind!r}, only {', '.join(starters)}"
            raise ServerUnavailable(message)
        if kind in self._refusals:
            raise ServerUnavailable(self._refusals[kind])
        try:
            return starters[kind]()
        except ServerUnavailable as error:
            if not self._outside_url(kind):
                self._refusals[kind] = str(error)
            raise

    def own(self, kind: Kind) -> Address:
        """The address of a second server, whole, for one check to hurt; started now or set right again.

        Arguments:
            kind: ``"postgres"`` or ``"valkey"``; always one of ours, whatever REDIS_URL and DATABASE_URL say.

        Raises:
            ServerUnavailable: it cannot be had.
        """
        server = self._own.get(kind)
        if server is None:
            start = Postgres.start if kind == "postgres" else Valkey.start
            server = self._own[kind] = start(self._subfolder(f"own-{kind}"), disposable=self._folder)
        hurting.whole(server)
        if isinstance(server, Valkey):
            return _redis(kind, server)
        return _database(server.dsn, server.version)

    def hurt(self, kind: Kind, how: str) -> None:
        """Do to the server that ``own`` gave what *how* says: see ``hurting``."""
        hurting.hurt(self._own[kind], how)

    def prepare(self, kind: Kind) -> None:
        """Launch a server that will be needed soon, without waiting. Only the fake, slowest to start, can be.

        What goes wrong is told by ``need``.
        """
        if kind == "redis" and kind not in self._refusals and kind not in self._fakes:
            try:
                self._fake(kind)
            except ServerUnavailable as error:
                self._refusals[kind] = str(error)

    def move(self, offset: float) -> None:
        """Move the fake Redis' clock, see ``FakeRedis.move``; nothing happens before one was needed.

        Raises:
            ServerUnavailable: it had ended or did not answer, so its data is lost. By then another is being
                started on the same port.
        """
        self._steer(lambda fake: fake.move(offset))

    def freeze(self, at: float) -> None:
        """Stop the fake Redis' clock at *at* seconds since the epoch. Otherwise as ``move``."""
        self._steer(lambda fake: fake.freeze(at))

    def unfreeze(self) -> None:
        """Let the fake Redis' clock flow on from where it stands. Otherwise as ``move``."""
        self._steer(lambda fake: fake.unfreeze())

    def close(self) -> None:
        """Stop all servers, remove their folder, leave an outside Redis empty, as found. Can be repeated."""
        if os.getpid() != self._owner:
            return
        atexit.unregister(self.close)
        for own in self._own.values():
            hurting.resume(own)
        for server in (self._postgres, self._valkey, *self._fakes.values(), *self._own.values()):
            if server is not None:
                server.stop()
        if self._outside is not None:
            self._outside.leave()
        self._postgres, self._valkey, self._outside, self._fakes, self._own = None, None, None, {}, {}
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _steer(self, order: Callable[[FakeRedis], object]) -> None:
        """Give the fake an order about its clock; put another in the place of one that cannot take it."""
        fake = self._fakes.get("redis")
        if fake is None:
            return
        try:
            order(fake)
        except ServerUnavailable:
            self._fake("redis")
            raise

    def _outside_url(self, kind: str) -> str:
        """The URL of the server to use instead of ours; empty if there is none."""
        return self._environ.get({"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}.get(kind, ""), "")

    def _need_postgres(self) -> Address:
        """PostgreSQL: the outside one, or ours."""
        url = self._outside_url("postgres")
        if url:
            self._outside_version = self._outside_version or outside_postgres(url)
            return _database(url, self._outside_version, outside=True)
        if self._postgres is None:
            self._postgres = Postgres.start(self._subfolder("postgres"), disposable=self._folder)
        elif not self._postgres.alive():
            self._postgres.restart()
        return _database(self._postgres.dsn, self._postgres.version)

    def _need_valkey(self) -> Address:
        """Valkey: the outside one, ours, or the fake in its place."""
        url = self._outside_url("valkey")
        if url:
            if self._outside is None:
                self._outside = outside_redis(url)
            return _redis("valkey", self._outside, outside=True)
        if self._valkey is None:
            try:
                self._valkey = Valkey.start(self._subfolder("valkey"), disposable=self._folder)
            except ServerUnavailable as error:
                return self._need_fake("valkey", reason=str(error))
        elif not self._valkey.alive():
            self._valkey.restart()
        return _redis("valkey", self._valkey)

    def _need_fake(self, kind: Kind, reason: str = "") -> Address:
        """The fake for *kind*, ready; *reason* says why it stands in."""
        return _redis(kind, self._fake(kind).wait_ready(), reason=reason)

    def _fake(self, kind: Kind) -> FakeRedis:
        """The fake for *kind*, launched; the one whose clock moves and Valkey's stand-in share nothing."""
        fake = self._fakes.get(kind)
        if fake is None or not fake.alive():
            port = 0 if fake is None else fake.port
            folder = self._subfolder(f"fake-{kind}")
            fake = self._fakes[kind] = FakeRedis.start(folder, port=port, disposable=self._folder)
        return fake

    def _subfolder(self, name: str) -> Path:
        """A server's own folder in the run's, which is made with the first."""
        if os.getpid() != self._owner:
            message = "only the process that made the keeper may start servers"
            raise ServerUnavailable(message)
        if self._folder is None:
            self._folder = temporary_folder(unprivileged_account())
            atexit.register(self.close)
        return self._folder / name


def _database(dsn: str, version: str, *, outside: bool = False) -> Address:
    """The address of a PostgreSQL."""
    return Address(kind="postgres", dsn=dsn, version=version, stands_in=False, reason="", outside=outside)


def _redis(kind: str, server: Valkey | FakeRedis | OutsideRedis, *, reason: str = "", outside: bool = False) -> Address:
    """The address of something that speaks Redis; a *reason* means it stands in."""
    return Address(
        kind=kind,
        host=server.host,
        port=server.port,
        db=0,
        version=server.version,
        stands_in=bool(reason),
        reason=reason,
        outside=outside,
    )
