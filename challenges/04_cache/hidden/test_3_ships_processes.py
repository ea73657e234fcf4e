"""Tier 3: one computation for many processes, and locks that only their owners open."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from cache_calls import Clock, Redis, new_cache
from cache_fire import compute
from grader.testing import Another, Gate, Handle, RaceRun, Races, SubjectTimedOut, check, expect, fail

Background = Callable[..., Future[Any]]


@check(tier=3, section="§12")
def test_processes_share_one_computation(
    subject: Handle, redis: Redis, another: Another, in_background: Background
) -> None:
    """When two processes miss together, one computes and the other waits for its value."""
    gate, second, runs = Gate(), Gate(), []
    here, there = new_cache(subject, redis), new_cache(another().subject, redis)
    there.get("connected")

    def load() -> str:
        runs.append(1)
        (gate if len(runs) == 1 else second).function()
        return f"computed {len(runs)}"

    first = in_background(compute, here, "report", load)
    gate.reached()
    waiting = in_background(compute, there, "report", load)
    too_many = second.reached(seconds=0.2)
    gate.open()
    second.open()
    expect(too_many, "whether the function ran in a second process while one computed").is_false(
        because="a lock in Python means nothing to other processes: they meet at a lock in Redis (SET … NX PX)"
    )
    expect([first.result(5), waiting.result(5)], "what the two processes got").equals(
        ["computed 1"] * 2, because="who did not get the lock waits for the value, and takes it from the cache"
    )
    expect(len(runs), "how often the function ran").equals(
        1, because="the value was stored while the second process waited: look into the cache again"
    )


@check(tier=3, section="§12")
def test_lock_of_a_dead_process_runs_out(
    subject: Handle, redis: Redis, another: Another, clock: Clock, in_background: Background
) -> None:
    """When the process that computes dies, another takes over after lock_ttl seconds."""
    gate, victim = Gate(), another()
    there, here = (new_cache(module, redis, lock_ttl=20) for module in (victim.subject, subject))

    def never_ends() -> str:
        gate.function()
        return "too late"

    doomed = in_background(compute, there, "report", never_ends, 600)
    gate.reached()
    victim.kill()
    gate.open()
    doomed.exception(5)
    clock.advance(20.5)
    try:
        value = compute(here, "report", lambda: "computed here", 600)
    except SubjectTimedOut:
        fail(
            "a call waits for ever when another process died while it computed",
            expected="20.5 s later, with lock_ttl=20, it computes the value itself",
            got="no answer",
            because="nobody opens the lock of a dead process: it must end by itself, after lock_ttl seconds",
        )
    expect(value, "the value, 20.5 s after the computing process died, with lock_ttl=20").equals(
        "computed here", because="the lock has run out, so the next caller takes it and computes"
    )


@check(tier=3, section="§12")
def test_only_its_owner_opens_a_lock(races: Races, valkey: Redis) -> None:
    """A lock that has become another's is left alone, whenever that happened."""

    def left_alone(run: RaceRun) -> None:
        because = (
            "the computation took longer than lock_ttl, and the lock became another's: compare its value with your "
            "own token, and compare and delete in one step (a Lua script, or WATCH)"
        )
        expect(run.seen, "the lock that had become another's, after the first owner was done").equals(
            ["another's"] * len(run.seen), because=because
        )

    races.every("cache_meetings.Thief", valkey.host, valkey.port, keeps=left_alone, kind="store")
