"""The judge's way to the run's servers: ask for one, move the fake Redis' clock, and be its witness."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.nursery import mail
from grader.witnesses.unavailable import ServerUnavailable

if TYPE_CHECKING:
    import redis

# The drivers are imported where they are used: a suite without a server does not wait for them.
_NAMES = {"postgres": "PostgreSQL", "valkey": "Valkey", "redis": "the fake Redis"}
_PATIENCE = 0.15
"""Seconds after which a server's start is worth a word."""


@dataclass(frozen=True)
class RedisWitness:
    """A Redis-protocol server: the real Valkey, or the fake one whose clock the judge moves.

    *client* is the judge's own connection, with text answers.
    """

    host: str
    port: int
    version: str
    client: "redis.Redis"


@dataclass(frozen=True)
class PostgresWitness:
    """A real PostgreSQL; *dsn* leads to a schema of the check's own."""

    dsn: str
    version: str

    def connect(self) -> Any:  # noqa: ANN401 - psycopg2's connection
        """A connection of the judge's own, in autocommit."""
        import psycopg2  # noqa: PLC0415

        connection = psycopg2.connect(self.dsn)
        connection.autocommit = True
        return connection


class Servers:
    """Asks the servers' process.

    Arguments:
        connection: the connection to it.
        narrate: told when a start takes long enough to be worth a word.
    """

    def __init__(self, connection: mail.Line, narrate: Callable[[str], None]) -> None:
        self._connection = connection
        self._narrate = narrate
        self._known: dict[str, dict[str, Any]] = {}
        self._clients: dict[str, redis.Redis] = {}

    def redis(self, kind: str) -> RedisWitness:
        """The fake ("redis") or the real ("valkey") server, emptied.

        Raises:
            ServerUnavailable: there is none, and why.
        """
        address = self._need(kind)
        if kind == "valkey" and address.get("stands_in"):
            raise ServerUnavailable(str(address.get("reason") or "there is no real Redis server here"))
        client = self._clients.get(kind)
        if client is None:
            client = self._clients[kind] = redis_client(address)
        client.flushdb()
        return RedisWitness(address["host"], address["port"], str(address.get("version", "")), client)

    @contextlib.contextmanager
    def postgres(self, schema: str) -> Iterator[PostgresWitness]:
        """PostgreSQL with a fresh *schema*, dropped afterwards."""
        address = self._need("postgres")
        with database_schema(address["dsn"], schema) as dsn:
            yield PostgresWitness(dsn, str(address.get("version", "")))

    def ask_own(self, kind: str) -> dict[str, Any]:
        """The address of a server that a check may hurt, whole."""
        key = f"own {kind}"
        with self._patience(f"starting a {_NAMES[kind]} to be hurt …" if key not in self._known else ""):
            self._known[key] = dict(self._ask({"do": "own", "kind": kind})["address"])
        return self._known[key]

    def hurt(self, kind: str, how: str) -> None:
        """Hurt it: "stop", "start", "restart", "pause" or "resume"."""
        self._ask({"do": "hurt", "kind": kind, "how": how})

    def move(self, offset: float) -> None:
        """Set the fake Redis *offset* seconds away from real time."""
        self._fake({"do": "move", "offset": offset})

    def freeze(self, at: float) -> None:
        """Stop the fake Redis' clock at *at*."""
        self._fake({"do": "freeze", "at": at})

    def unfreeze(self, offset: float) -> None:
        """Let the fake Redis' clock flow again, *offset* seconds away from real time."""
        self._fake({"do": "unfreeze"})
        self.move(offset)

    def _fake(self, letter: mail.Letter) -> None:
        if "redis" in self._known:
            self._ask(letter)

    def _need(self, kind: str) -> dict[str, Any]:
        if kind not in self._known:
            with self._patience(f"starting {_NAMES[kind]} …"):
                self._known[kind] = self._ask({"do": "need", "kind": kind})["address"]
        return self._known[kind]

    @contextlib.contextmanager
    def _patience(self, text: str) -> Iterator[None]:
        """Say *text*, if any, should what follows take long enough to be worth a word."""
        patience = threading.Timer(_PATIENCE, self._narrate, [text])
        patience.daemon = True
        if text:
            patience.start()
        try:
            yield
        finally:
            patience.cancel()

    def _ask(self, letter: mail.Letter) -> mail.Letter:
        answer = self._connection.ask(letter)
        if answer is None:
            raise ServerUnavailable("the process that keeps the servers ended")
        if "problem" in answer[0]:
            raise ServerUnavailable(str(answer[0]["problem"]))
        return answer[0]


def redis_client(address: dict[str, Any]) -> "redis.Redis":
    """The judge's own connection to the server at *address*, with text answers."""
    import redis  # noqa: PLC0415

    return redis.Redis(
        host=address["host"], port=address["port"], db=address.get("db", 0), decode_responses=True, socket_timeout=10
    )


@contextlib.contextmanager
def database_schema(dsn: str, schema: str, before_dropping: Callable[[], None] = lambda: None) -> Iterator[str]:
    """The DSN of a fresh *schema* in the database *dsn*; dropped afterwards."""
    import psycopg2  # noqa: PLC0415

    from grader.witnesses.schemas import drop_schema, fresh_schema  # noqa: PLC0415

    yielded = fresh_schema(dsn, schema)
    try:
        yield yielded
    finally:
        with contextlib.suppress(psycopg2.Error, ServerUnavailable):
            before_dropping()
            drop_schema(dsn, schema)
