"""The real Valkey."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from grader.witnesses import valkey
from grader.witnesses.unavailable import ServerUnavailable
from grader.witnesses.valkey import Valkey


@pytest.fixture
def started() -> Iterator[list[Valkey]]:
    """Servers put in here are stopped."""
    servers: list[Valkey] = []
    yield servers
    for server in servers:
        server.stop()


def _client(server: Valkey) -> redis.Redis:
    return redis.Redis(server.host, server.port, decode_responses=True)


def test_a_started_server_answers_and_keeps_nothing_on_disk(tmp_path: Path, started: list[Valkey]) -> None:
    """When start returns, the address works; neither snapshots nor an append-only file are written."""
    started.append(Valkey.start(tmp_path))
    with _client(started[0]) as client:
        assert client.ping()
        assert client.config_get("save", "appendonly") == {"save": "", "appendonly": "no"}
        assert client.info("server")["valkey_version"] == started[0].version
        assert client.info("server")["process_id"] == started[0].pid


def test_stop_leaves_no_process(tmp_path: Path) -> None:
    """Stopping twice is as good as once."""
    server = Valkey.start(tmp_path)
    pid = server.pid
    assert server.alive()
    server.stop()
    server.stop()
    assert not server.alive()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_lost_race_for_the_port_is_run_again(
    tmp_path: Path, started: list[Valkey], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another Valkey takes the port that was free a moment before and answers there; ours comes up on the next one."""
    started.append(Valkey.start(tmp_path / "other"))
    free = valkey.free_port()
    ports = iter([started[0].port, free])
    monkeypatch.setattr(valkey, "free_port", lambda: next(ports))
    started.append(Valkey.start(tmp_path / "ours"))
    assert started[1].port == free


def test_restart_keeps_the_port_and_only_what_was_written(tmp_path: Path, started: list[Valkey]) -> None:
    """A server with an append-only file finds its data again, one without is empty; both are where they were."""
    started.append(Valkey.start(tmp_path / "one"))
    started.append(Valkey.start(tmp_path / "two", settings={"appendonly": "yes", "appendfsync": "always"}))
    kept = []
    for server in started:
        port = server.port
        with _client(server) as client:
            client.set("k", "v")
        server.restart()
        assert server.port == port
        with _client(server) as client:
            kept.append(client.get("k"))
    assert kept == [None, "v"]


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    """The reason holds the end of the server's log."""
    with pytest.raises(ServerUnavailable, match="no-such-setting"):
        Valkey.start(tmp_path, settings={"no-such-setting": "1"})
