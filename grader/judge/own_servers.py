"""The fixtures `own_valkey` and `own_postgres`: a real server of the check's own, to stop, pause and restart."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.judge.servers import PostgresWitness, RedisWitness, database_schema, redis_client

if TYPE_CHECKING:
    from grader.judge.servers import Servers

Hurt = Callable[[str], None]


@dataclass(frozen=True)
class _Hurtable:
    """What can be done to a server of the check's own. It runs again, whole, for the next check that asks for it."""

    hurt: Hurt

    def stop(self) -> None:
        """End it at once, without a goodbye: PostgreSQL keeps what was committed, Valkey nothing."""
        self.hurt("stop")

    def start(self) -> None:
        """Start it again on the same address, and wait until it answers."""
        self.hurt("start")

    def restart(self) -> None:
        """Stop and start: every client loses its connection."""
        self.hurt("restart")

    def pause(self) -> None:
        """Let it stand still: connections are accepted and held, nothing is answered."""
        self.hurt("pause")

    def resume(self) -> None:
        """Let it go on."""
        self.hurt("resume")


@dataclass(frozen=True)
class OwnRedis(RedisWitness, _Hurtable):
    """A real Valkey of the check's own."""


@dataclass(frozen=True)
class OwnPostgres(PostgresWitness, _Hurtable):
    """A real PostgreSQL of the check's own."""


@contextlib.contextmanager
def own_valkey(servers: "Servers") -> Iterator[OwnRedis]:
    """A Valkey to hurt, emptied; whole again afterwards."""
    address = servers.ask_own("valkey")
    client = redis_client(address)
    client.flushall()
    try:
        yield OwnRedis(
            hurt=lambda how: servers.hurt("valkey", how),
            host=address["host"], port=address["port"], version=str(address["version"]), client=client,
        )  # fmt: skip
    finally:
        servers.hurt("valkey", "resume")
        client.close()


@contextlib.contextmanager
def own_postgres(servers: "Servers", schema: str) -> Iterator[OwnPostgres]:
    """A PostgreSQL to hurt, with a fresh *schema*; whole again afterwards."""
    address = servers.ask_own("postgres")
    with database_schema(address["dsn"], schema, before_dropping=lambda: servers.hurt("postgres", "start")) as dsn:
        yield OwnPostgres(hurt=lambda how: servers.hurt("postgres", how), dsn=dsn, version=str(address["version"]))
