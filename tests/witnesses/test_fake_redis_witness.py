"""The fake Redis: a server like others, with a clock that moves."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis

from grader.witnesses.fake_redis import FakeRedis
from grader.witnesses.unavailable import ServerUnavailable

Wait = Callable[[Callable[[], bool]], None]


def _connect(fake: FakeRedis, **options: Any) -> Any:
    return redis.Redis(port=fake.port, decode_responses=True, **options)


def _seconds(client: Any) -> float:
    seconds, micros = client.time()
    return float(seconds + micros / 1e6)


def test_a_key_expires_when_the_clock_moves_past_its_ttl(fake: FakeRedis, client: Any) -> None:
    """A key with ten seconds to live is there after nine and gone after eleven, without waiting."""
    client.set("k", "v", px=10_000)
    fake.move(9)
    assert client.get("k") == "v"
    assert 900 <= client.pttl("k") <= 1000
    fake.move(11)
    assert client.get("k") is None
    assert client.keys() == []


@pytest.mark.parametrize(("command", "ttl"), [("SETEX", 1), ("PSETEX", 500)])
def test_an_expiry_is_not_cut_down_to_a_whole_second(client: Any, command: str, ttl: int) -> None:
    """SETEX and PSETEX keep a value for the whole of its time."""
    client.execute_command(command, "k", ttl, "v")

    whole = ttl * 1000 if command == "SETEX" else ttl
    assert whole - 400 < client.pttl("k") <= whole


def test_time_and_time_in_lua_and_stream_ids_move(fake: FakeRedis, client: Any) -> None:
    """All clocks of the server are the same clock."""
    fake.move(1_000_000)
    in_lua = client.eval("return redis.call('TIME')[1]", 0)
    stream = client.xadd("s", {"a": 1}).partition("-")[0]
    for seen in (_seconds(client), float(in_lua), int(stream) / 1000):
        assert abs(seen - time.time() - 1_000_000) < 60


def test_members_of_a_hash_and_lists_expire_too(fake: FakeRedis, client: Any) -> None:
    """EXPIRE on any type, and on one field of a hash."""
    client.hset("h", mapping={"stays": 1, "goes": 1})
    client.hexpire("h", 10, "goes")
    client.rpush("l", 1)
    client.expire("l", 10)
    fake.move(11)
    assert client.hkeys("h") == ["stays"]
    assert client.exists("l") == 0


def test_an_offset_is_absolute_and_can_go_back(fake: FakeRedis, client: Any) -> None:
    """The same offset twice changes nothing; zero is real time again, and a key that was gone stays gone."""
    client.set("k", "v", ex=100)
    client.set("gone", "v", ex=5)
    for _ in range(2):
        fake.move(50)
        assert 49 <= client.ttl("k") <= 50
    assert client.get("gone") is None
    fake.move(0)
    assert 99 <= client.ttl("k") <= 100
    assert client.get("gone") is None


def test_a_frozen_clock_stands_and_flows_on_from_there(fake: FakeRedis, client: Any) -> None:
    """Frozen, two looks see the same microsecond; freezing again moves on; unfreezing tells the new offset."""
    fake.freeze(1_000.5)
    assert client.time() == client.time() == (1_000, 500_000)
    fake.freeze(1_002.25)
    assert client.time() == (1_002, 250_000)
    offset = fake.unfreeze()
    assert 1_002.25 <= _seconds(client) < 1_060
    assert abs(offset + time.time() - 1_002.25) < 60
    assert client.time() < client.time()
    fake.freeze()
    assert client.time() == client.time()
    fake.move(7_000)
    assert abs(_seconds(client) - time.time() - 7_000) < 60


def test_a_blocked_client_wakes_when_its_time_is_up(fake: FakeRedis, client: Any, eventually: Wait) -> None:
    """BRPOP with a time-out of an hour ends when the clock moves by two."""
    with ThreadPoolExecutor(1) as pool, _connect(fake) as other:
        waiting = pool.submit(other.brpop, ["q"], 3600)
        eventually(lambda: client.info("clients")["blocked_clients"] == 1)
        fake.move(7200)
        assert waiting.result(10) is None


def test_a_blocked_client_gets_what_is_pushed(fake: FakeRedis, client: Any, eventually: Wait) -> None:
    """BRPOP waits until another client pushes."""
    with ThreadPoolExecutor(1) as pool, _connect(fake) as other:
        waiting = pool.submit(other.brpop, ["q"], 0)
        eventually(lambda: client.info("clients")["blocked_clients"] == 1)
        client.lpush("q", "job")
        assert waiting.result(10) == ("q", "job")


def test_a_client_that_died_while_blocked_takes_nothing(fake: FakeRedis, client: Any, eventually: Wait) -> None:
    """The element pushed later is for the living."""
    with socket.create_connection((fake.host, fake.port)) as dying:
        dying.sendall(b"*3\r\n$5\r\nBRPOP\r\n$1\r\nq\r\n$1\r\n0\r\n")
        eventually(lambda: client.info("clients")["blocked_clients"] == 1)
    client.lpush("q", "job")
    eventually(lambda: client.info("clients")["blocked_clients"] == 0)
    assert client.lrange("q", 0, -1) == ["job"]


def test_a_transaction_happens_whole_or_not_at_all(fake: FakeRedis, client: Any) -> None:
    """MULTI and EXEC, and WATCH, which refuses when the key has changed."""
    with client.pipeline() as pipe:
        assert pipe.set("a", 1).incr("a").get("a").execute() == [True, 2, "2"]
    with client.pipeline() as pipe, _connect(fake) as other:
        pipe.watch("a")
        other.set("a", 10)
        pipe.multi()
        pipe.set("a", 3)
        with pytest.raises(redis.WatchError):
            pipe.execute()
    assert client.get("a") == "10"


@pytest.mark.parametrize("protocol", [2, 3])
def test_both_protocols_speak_as_redis_py_expects(fake: FakeRedis, protocol: int) -> None:
    """HELLO and CLIENT SETINFO are sent by the client on its own; each type comes back as from a real server."""
    with _connect(fake, protocol=protocol, client_name="me") as client:
        assert client.client_getname() == "me"
        client.hset("h", mapping={"a": 1})
        client.sadd("s", 1, 2)
        client.zadd("z", {"m": 1.5})
        assert client.hgetall("h") == {"a": "1"}
        assert client.smembers("s") == {"1", "2"}
        assert client.zscore("z", "m") == 1.5
        assert client.get("none") is None
        assert client.info()["redis_mode"] == "standalone"
        assert client.info("keyspace")["db0"]["keys"] == 3
        with client.pipeline(transaction=False) as pipe:
            assert pipe.set("k", "v").get("k").lpush("k", 1).execute(raise_on_error=False)[:2] == [True, "v"]


def test_any_bytes_come_back_as_they_went(fake: FakeRedis) -> None:
    """Line ends, zero bytes and a value larger than one read."""
    with redis.Redis(port=fake.port) as client:
        for value in (b"\r\n\x00\xff", b"", os.urandom(100_000)):
            client.set("b", value)
            assert client.get("b") == value


def test_errors_read_as_a_servers(client: Any) -> None:
    """The first word decides which exception the client raises."""
    client.set("k", "v")
    with pytest.raises(redis.ResponseError, match=r"^WRONGTYPE"):
        client.lpush("k", 1)
    with pytest.raises(redis.exceptions.NoScriptError):
        client.evalsha("0" * 40, 0)
    with pytest.raises(redis.ResponseError, match="unknown command 'nonsense'"):
        client.execute_command("NONSENSE")
    with pytest.raises(redis.ResponseError, match="not an integer"):
        client.incr("k")


def test_a_surprise_inside_costs_the_client_an_error_not_its_connection(client: Any) -> None:
    """Where fakeredis itself breaks, the reply says so and the next command works."""
    mine = client.client_id()
    with pytest.raises(redis.ResponseError, match="the fake Redis failed in EVAL"):
        client.eval("return redis.call.no_such_field", 0)
    assert client.client_id() == mine


def test_scan_sees_every_key_once(client: Any) -> None:
    """A hundred keys, ten at a time."""
    client.mset({f"k{number}": number for number in range(100)})
    assert sorted(client.scan_iter("k*", count=10)) == sorted(f"k{number}" for number in range(100))


def test_a_published_message_reaches_the_subscriber(fake: FakeRedis, client: Any) -> None:
    """A message comes on the subscriber's connection without being asked for."""
    with _connect(fake) as other, other.pubsub() as listening:
        listening.subscribe("news")
        assert listening.get_message(timeout=10)["type"] == "subscribe"
        assert client.publish("news", "hello") == 1
        assert listening.get_message(timeout=10)["data"] == "hello"


def test_eight_clients_at_once_lose_nothing(fake: FakeRedis, client: Any) -> None:
    """Each on a connection of its own, with single commands, transactions and scripts."""

    def work(_: int) -> None:
        with redis.Redis(port=fake.port) as mine:
            for _ in range(25):
                mine.incr("n")
                with mine.pipeline() as pipe:
                    pipe.incr("n").incr("n").execute()
                mine.eval("return redis.call('INCR', 'n')", 0)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert client.get("n") == str(8 * 25 * 4)


def test_a_killed_client_is_cut_off(fake: FakeRedis, client: Any) -> None:
    """CLIENT KILL closes the other's connection, also while it waits for nothing."""
    with socket.create_connection((fake.host, fake.port), timeout=10) as victim:
        victim.sendall(b"*2\r\n$6\r\nCLIENT\r\n$2\r\nID\r\n")
        number = int(victim.recv(100)[1:])
        assert client.client_kill_filter(_id=number) == 1
        assert victim.recv(100) == b""


def test_every_command_is_counted(client: Any) -> None:
    """INFO commandstats counts what scripts and transactions call, too."""

    def calls() -> int:
        return int(client.info("commandstats").get("cmdstat_keys", {}).get("calls", 0))

    before = calls()
    client.keys()
    client.eval("return redis.call('KEYS', '*')", 0)
    client.pipeline().keys().execute()
    assert calls() == before + 3


def test_what_is_not_redis_is_told_and_cut_off(fake: FakeRedis) -> None:
    """A browser that comes to the wrong port."""
    with socket.create_connection((fake.host, fake.port), timeout=10) as browser:
        browser.sendall(b"GET / HTTP/1.1\r\n\r\n")
        answer = b""
        while piece := browser.recv(1000):
            answer += piece
    assert answer.startswith(b"-ERR Protocol error")


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[FakeRedis]:
    """A fake that the test may kill."""
    server = FakeRedis.start(tmp_path)
    yield server
    server.stop()


def test_start_returns_before_the_server_is_ready(mortal: FakeRedis) -> None:
    """The caller can do something else during the imports; waiting twice is as good as once."""
    assert mortal.port == 0
    assert mortal.wait_ready().wait_ready().port > 0
    with redis.Redis(port=mortal.port) as client:
        assert client.ping()
    mortal.stop()
    mortal.stop()
    assert not mortal.alive()
    with pytest.raises(ServerUnavailable, match="the fake Redis has ended"):
        mortal.move(1)


def test_a_dead_server_says_so_when_the_clock_is_moved(mortal: FakeRedis) -> None:
    """The error names it, and there is nothing left to stop."""
    os.kill(mortal.wait_ready().pid, 9)
    with pytest.raises(ServerUnavailable, match="the fake Redis has ended"):
        mortal.move(1)


def test_a_server_that_cannot_start_shows_its_log(tmp_path: Path, fake: FakeRedis) -> None:
    """Here because its port is taken."""
    with pytest.raises(ServerUnavailable, match="Address already in use"):
        FakeRedis.start(tmp_path, port=fake.port).wait_ready()
