"""Tier 3: many keys, many calls, and servers that do not answer."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from cache_calls import Redis, decorated, found, new_cache
from cache_fire import compute, in_time
from grader.testing import Gate, Handle, RaceRun, Races, Tap, check, expect

MANY = 2500
BATCH = 1000


@check(tier=3, section="§10")
def test_clear_works_in_batches(subject: Handle, valkey: Redis) -> None:
    """clear_pattern walks in small steps and removes in batches."""
    cache = new_cache(subject, valkey)
    _fill(cache, valkey)
    valkey.client.config_resetstat()
    expect(cache.clear_pattern("item:*"), f"clear_pattern('item:*') with {MANY} such keys").equals(
        MANY, because="SCAN hands the keys out page by page until its cursor is 0 again; count what each batch removed"
    )
    asked = {name.removeprefix("cmdstat_"): told["calls"] for name, told in valkey.client.info("commandstats").items()}
    blocking = sorted(set(asked) & {"keys", "flushdb", "flushall"})
    expect(blocking, "the commands that stop the server for everybody else").equals(
        [], because="KEYS looks at every key of the server in one go: SCAN does it in small steps"
    )
    removing = sum(asked.get(name, 0) for name in ("del", "unlink"))
    expect(removing, f"the number of commands (UNLINK or DEL) that removed {MANY} keys").at_least(
        -(-MANY // BATCH), because="one command for all keys stops the server while it runs: at most 1000 keys each"
    )


@check(tier=3, section="§10")
def test_one_cache_has_one_client(
    subject: Handle, valkey: Redis, tap: Callable[[Redis], Tap], in_background: Callable[..., Future[Any]]
) -> None:
    """Fifty calls open one connection, and threads share what is open."""
    gate = tap(valkey)
    cache = new_cache(subject, gate)

    def load(number: int) -> int:
        return number

    cached = decorated(subject, load, ttl=60, cache=cache)
    for number in range(10):
        cached(number)
        cache.set("a", number, ttl=60)
        cache.get("a")
        cache.delete("a")
        cache.clear_pattern("b*")
    expect(gate.opened, "the connections opened in 50 calls, one after the other").equals(
        1, because="a connection costs more than a command: make one client in the constructor, and keep it"
    )
    crowd = Gate()

    def slowly(key: str) -> int:
        crowd.function()
        return len(key)

    callers = [in_background(compute, cache, f"key {n}", lambda n=n: slowly(f"key {n}")) for n in range(4)]
    crowd.reached()
    crowd.open()
    for caller in callers:
        caller.result(5)
    expect(gate.opened, "the connections opened when 4 threads more shared the cache").at_most(
        5, because="threads that share a CacheManager share its client, and its pool of connections"
    )


@check(tier=3, section="§10")
def test_client_of_your_own(races: Races, valkey: Redis) -> None:
    """A client given as client= is used, whether it decodes answers or not."""

    def used(run: RaceRun) -> None:
        expect(run.results[0], "set, get, get_or_compute twice, delete twice, and clear_pattern").equals(
            [True, {"n": [1, None]}, {"run": 1}, {"run": 1}, True, False, 1],
            because=f"the client was made with decode_responses={decode}, so its answers are "
            f"{'str' if decode else 'bytes'}; and where it is given, host and port do not matter",
        )

    for decode in (False, True):
        valkey.client.flushdb()
        races.every("cache_scenes.OwnClient", valkey.host, valkey.port, decode, keeps=used, kind="once")


@check(tier=3, section="§10", call_seconds=1.5)
def test_silent_server_costs_little(subject: Handle, redis: Redis, tap: Callable[[Redis], Tap]) -> None:
    """A server that accepts connections and never answers holds up nobody."""
    gate = tap(redis)
    cache, runs = new_cache(subject, gate), []

    def load(number: int) -> int:
        runs.append(number)
        return number

    cached = decorated(subject, load, ttl=60, cache=cache)
    because = "nothing ends the wait for an answer: set socket_timeout, and let one silence per call be enough"
    cached(1)
    gate.pause()
    expect(in_time(lambda: cached(2), "a cached call, with a silent server", because), "its result").equals(2)
    value = in_time(lambda: cache.get("a", default="nothing"), "get, with a silent server", because)
    expect(value, "get('a', default='nothing')").equals("nothing", because="no answer is a miss")
    gate.resume()
    expect(runs, "the runs of the function in two calls").equals([1, 2], because="each call ran it once")
    cached(3)
    found(cached(3), 3, "a cached call after the server answers again", missing="the result is that of the function")


def _fill(cache: Any, server: Redis) -> None:  # noqa: ANN401
    """Store many values: the first through the cache, the others as copies of it where its name shows how."""
    cache.set("item:0", "value", ttl=600)
    name = next((name for name in server.client.scan_iter() if str(name).endswith("item:0")), None)
    if name is None or server.client.type(name) != "string":
        for number in range(1, MANY):
            cache.set(f"item:{number}", "value", ttl=600)
        return
    content = server.client.get(name)
    with server.client.pipeline(transaction=False) as many:
        for number in range(1, MANY):
            many.set(f"{str(name)[:-1]}{number}", str(content), ex=600)
        many.execute()
