"""Scripts in the fake Redis: on its clock, and shut in."""

import contextlib
from typing import Any

import pytest
import redis

from grader.witnesses.fake_redis import FakeRedis

SLIDING_WINDOW = """
local now = redis.call('TIME')
local at = tonumber(now[1]) + tonumber(now[2]) / 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', at - tonumber(ARGV[1]))
if redis.call('ZCARD', KEYS[1]) < tonumber(ARGV[2]) then
    redis.call('ZADD', KEYS[1], at, ARGV[3])
    return 1
end
return 0
"""


def test_a_limiter_in_lua_forgets_after_its_window(fake: FakeRedis, client: Any) -> None:
    """ZADD and ZREMRANGEBYSCORE by the server's own TIME, as a registered script."""
    allow = client.register_script(SLIDING_WINDOW)
    fake.freeze(5_000)
    assert [allow(keys=["w"], args=[60, 2, name]) for name in "abc"] == [1, 1, 0]
    fake.freeze(5_059)
    assert allow(keys=["w"], args=[60, 2, "d"]) == 0
    fake.freeze(5_061)
    assert allow(keys=["w"], args=[60, 2, "e"]) == 1
    assert client.zrange("w", 0, -1) == ["e"]


@pytest.mark.parametrize("name", ["python", "io", "os.getenv", "require", "debug", "loadfile"])
def test_a_script_finds_neither_files_nor_python(client: Any, name: str) -> None:
    """What Redis does not give to scripts is not there."""
    assert client.eval(f"return type({name})", 0) == "nil"


def test_a_script_cannot_look_behind_a_function(client: Any) -> None:
    """The functions it is given are Python's, from which every module could be reached."""
    with pytest.raises(redis.ResponseError, match="no field b'__globals__'"):
        client.eval("return redis.call.__globals__", 0)


@pytest.mark.parametrize("mess", ["x = 1", "redis = nil", "redis.call = nil", "string.format = nil", "KEYS = 7"])
def test_a_script_leaves_no_mess_behind(client: Any, mess: str) -> None:
    """Whatever one script does to Lua's globals, the next one finds them whole."""
    with contextlib.suppress(redis.ResponseError):
        client.eval(f"{mess} return 1", 0)
    script = "redis.call('SET', KEYS[1], string.format('%d', ARGV[1])) return redis.call('GET', KEYS[1])"
    assert client.eval(script, 1, "k", 5) == "5"


def test_a_script_that_never_ends_is_stopped(client: Any) -> None:
    """It would hold all other clients, and the clock."""
    with pytest.raises(redis.ResponseError, match="script ran for more than"):
        client.eval("while true do end", 0)
    assert client.ping()


def test_old_scripts_that_ask_for_effects_replication_run(client: Any) -> None:
    """Many published limiters begin like this."""
    assert client.eval("redis.replicate_commands() return redis.call('INCR', 'n')", 0) == 1
