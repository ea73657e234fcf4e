"""Servers that somebody else runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from grader.witnesses.keeper import Keeper
from grader.witnesses.postgres import Postgres
from grader.witnesses.schemas import connected, fresh_schema
from grader.witnesses.unavailable import ServerUnavailable
from grader.witnesses.valkey import Valkey


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Valkey]:
    """A Valkey that somebody else runs."""
    server = Valkey.start(tmp_path / "outside")
    yield server
    server.stop()


def test_an_outside_redis_is_used_and_left_empty(outside: Valkey) -> None:
    """It goes on running; what the checks wrote to database 0 is gone, other databases are as they were."""
    with redis.Redis(port=outside.port, db=1) as theirs:
        theirs.set("precious", 1)
        with Keeper({"REDIS_URL": f"redis://127.0.0.1:{outside.port}"}) as keeper:
            address = keeper.need("valkey")
            assert (address["port"], address["version"], address["outside"]) == (outside.port, outside.version, True)
            with redis.Redis(address["host"], address["port"]) as client:
                client.set("ours", 1)
        assert theirs.get("precious") == b"1"
        assert theirs.info("keyspace").keys() == {"db1"}
    assert outside.alive()


def test_an_outside_redis_with_data_is_not_touched(outside: Valkey) -> None:
    """Checks empty database 0, so one with keys in it is refused, and can be used once it is empty."""
    with (
        Keeper({"REDIS_URL": f"redis://127.0.0.1:{outside.port}/0"}) as keeper,
        redis.Redis(port=outside.port) as theirs,
    ):
        theirs.set("precious", 1)
        with pytest.raises(ServerUnavailable, match="holds 1 keys"):
            keeper.need("valkey")
        assert theirs.get("precious") == b"1"
        theirs.delete("precious")
        assert keeper.need("valkey")["outside"]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("redis://localhost:1/3", "database 3"),
        ("redis://user:secret@localhost:1", "has a password"),
        ("rediss://localhost:1", "must look like redis://host:port"),
        ("localhost:6379", "must look like"),
        ("redis://localhost:1", "cannot be used"),
    ],
)
def test_an_outside_redis_that_solutions_could_not_reach_is_refused(url: str, reason: str) -> None:
    """They are given a host and a port; the reason never shows a password."""
    with Keeper({"REDIS_URL": url}) as keeper, pytest.raises(ServerUnavailable, match=reason) as raised:
        keeper.need("valkey")
    assert "secret" not in str(raised.value)


def test_an_outside_database_is_used_and_goes_on_running(shared_postgres: Postgres) -> None:
    """Schemas are made in the database that the URL names."""
    with Keeper({"DATABASE_URL": shared_postgres.dsn}) as keeper:
        address = keeper.need("postgres")
        assert (address["dsn"], address["version"]) == (shared_postgres.dsn, shared_postgres.version)
        with connected(fresh_schema(address["dsn"], "visitor")) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE t (n int)")
    assert shared_postgres.alive()


def test_an_outside_database_that_is_not_there_is_refused() -> None:
    """The reason names the variable to correct."""
    with (
        Keeper({"DATABASE_URL": "postgresql:///none?host=/nowhere"}) as keeper,
        pytest.raises(ServerUnavailable, match="DATABASE_URL"),
    ):
        keeper.need("postgres")
