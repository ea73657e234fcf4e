"""Tier 2: many callers, one computation."""

from typing import Any

from cache_calls import Clock, Redis, decorated, found, new_cache
from cache_fire import compute
from cache_orders import born_endless
from grader.testing import Handle, RaceRun, Races, check, expect, raises


@check(tier=2, section="§7")
def test_get_or_compute_keeps_what_it_computed(subject: Handle, redis: Redis, clock: Clock) -> None:
    """get_or_compute runs the function on a miss only, and keeps the result for the ttl."""
    cache, runs = new_cache(subject, redis, default_ttl=50), []

    def load() -> None:
        runs.append(1)

    def shown(times: int, when: str, because: str) -> None:
        found(compute(cache, "answer", load, 100), None, f"get_or_compute('answer', …), {when}", missing="")
        expect(len(runs), f"how often the function ran, {when}").equals(times, because=because)

    shown(1, "the first time", "nothing was stored, so the function runs")
    shown(1, "the second time", "None is a value like any other, and it was stored")
    clock.advance(90)
    shown(1, "90 s later, with ttl=100", "the ttl that get_or_compute was given counts, not the default of the cache")
    clock.advance(11)
    shown(2, "101 s after the first time, with ttl=100", "the ttl has passed")
    cache.set("answer", "set", ttl=100)
    found(
        compute(cache, "answer", load), "set", "get_or_compute('answer', …) after set('answer', 'set')",
        missing="set, get and get_or_compute speak of the same keys",
    )  # fmt: skip
    for ttl in (0, -1):
        compute(cache, f"never {ttl}", load, ttl)
        compute(cache, f"never {ttl}", load, ttl)
    expect(len(runs), "how often the function ran after 4 more calls, with a ttl of 0 or less").equals(
        6, because="a ttl of 0 or less keeps nothing"
    )
    compute(cache, "default", load, None)
    clock.advance(51)
    compute(cache, "default", load, None)
    expect(len(runs), "how often it ran after 2 calls with ttl=None, 51 s apart, with default_ttl=50").equals(
        8, because="without a ttl the default_ttl of the cache counts"
    )


@check(tier=2, section="§7")
def test_stampede_computes_once(races: Races, valkey: Redis) -> None:
    """Callers who miss the same key together share one computation."""

    def once(run: RaceRun) -> None:
        because = "who finds that somebody else computes this key already must wait for the result, and not compute too"
        expect(run.seen, "how often the function ran when two threads missed together").equals(1, because=because)
        because = "those who waited get the value that was computed"
        expect(run.results, "what the two callers got").equals([{"run": 1}] * 2, because=because)

    races.every("cache_meetings.Stampede", valkey.host, valkey.port, keeps=once, kind="once")


@check(tier=2, section="§7")
def test_latecomer_finds_the_value(races: Races, valkey: Redis) -> None:
    """Who missed just before another caller stored the value does not compute it again."""

    def once(run: RaceRun) -> None:
        because = (
            "one caller had looked and found nothing; before it became the one who computes, another had stored the "
            "value: look into the cache once more after you got the lock"
        )
        expect(run.seen, "how often the function ran in two equal calls of a decorated function").equals(
            1, because=because
        )

    races.every("cache_meetings.Latecomer", valkey.host, valkey.port, keeps=once, kind="store")


@check(tier=2, section="§7")
def test_one_key_delays_no_other(races: Races, valkey: Redis) -> None:
    """While one key is being computed, all other keys are served."""

    def nobody_waited(run: RaceRun) -> None:
        because = "one lock is held for several keys while a function runs: use a lock for each key"
        expect(run.seen, "whether calls for other keys waited for a slow computation").is_false(because=because)

    races.every("cache_meetings.SlowNeighbour", valkey.host, valkey.port, keeps=nobody_waited, kind="once")


@check(tier=2, section="§7")
def test_failing_computation_leaves_nobody_waiting(races: Races, valkey: Redis) -> None:
    """When the computation fails, those who waited get its exception or compute one at a time."""

    def nobody_hangs(run: RaceRun) -> None:
        results = [result for result, _ in run.results]
        expect(results, "what three callers got when the first computation failed").satisfies(
            all(result in ("computed", "ValueError") for result in results) and "ValueError" in results,
            "'computed' or ValueError for each, and ValueError for at least one",
            because="the function's exception reaches the caller that ran it; the others get it too, or try themselves",
        )
        because = "they waited for somebody who had failed: wake them in a finally block"
        expect([late for _, late in run.results], "whether a caller waited for long in vain").equals(
            [False] * 3, because=because
        )
        peak, later = run.seen
        expect(peak, "the number of computations of one key at a time").equals(
            1,
            because="those who waited may run the function again, but one after the other: the next stampede otherwise",
        )
        because = "a failure is neither kept nor does it block the key: the next call starts afresh"
        expect(later, "what a later call got").equals("computed", because=because)

    races.every("cache_meetings.FailingLeader", valkey.host, valkey.port, keeps=nobody_hangs, kind="once")


@check(tier=2, section="§7")
def test_failure_opens_the_lock(subject: Handle, redis: Redis) -> None:
    """After a computation that failed, the next call computes at once."""
    cache, runs = new_cache(subject, redis), []

    def load() -> str:
        runs.append(1)
        if len(runs) == 1:
            message = "the database is away"
            raise ValueError(message)
        return "loaded"

    cached = decorated(subject, load, ttl=60, cache=cache)
    with raises("ValueError", because="the function raised it, so it reaches the caller"):
        cached()
    left = {name: redis.client.get(name) for name in redis.client.scan_iter()}
    expect(left, "the keys in Redis after a computation that failed").equals(
        {}, because="nothing is stored, and a lock must be opened also when the function raises: in a finally block"
    )
    found(cached(), "loaded", "the next call", missing="the first call failed, so the function runs again")


@check(tier=2, section="§7")
def test_every_key_is_born_with_its_expiry(subject: Handle, valkey: Redis) -> None:
    """Every key, a lock too, has its expiry from the moment it exists."""
    cache = new_cache(subject, valkey)
    while_computing: dict[str, Any] = {}

    def load() -> str:
        while_computing.update({name: valkey.client.pttl(name) for name in valkey.client.scan_iter()})
        return "loaded"

    with born_endless(valkey) as endless:
        compute(cache, "report", load)
        cache.set("user:1", "Ada", ttl=60)
    expect(
        sorted(name for name, left in while_computing.items() if left == -1), "keys without an expiry, meanwhile"
    ).equals(
        [], because="if the process dies while it computes, its lock stays for ever: SET … NX PX … gives it an end"
    )
    expect(sorted(endless), "keys that were written first and got their expiry by a second command").equals(
        [],
        because="if the process dies between the two commands, the key stays for ever: SET with px= (and nx=True) is "
        "one step",
    )
