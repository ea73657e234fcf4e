"""Virtual time in the submission: every clock a solution may read moves, every timed wait that falls due ends."""

import threading
from collections.abc import Callable
from concurrent.futures import wait

import pytest

from grader.judge.bench import Bench

SOURCE = """
import datetime, queue, sched, threading, time
from datetime import datetime as DateTime
from time import monotonic as taken_monotonic, perf_counter as taken_perf, sleep as taken_sleep, time as taken_time
import jwt

CLOCKS = {
    "time.time": lambda: time.time(),
    "time.time_ns": lambda: time.time_ns() / 1e9,
    "time.monotonic": lambda: time.monotonic(),
    "time.monotonic_ns": lambda: time.monotonic_ns() / 1e9,
    "time.perf_counter": lambda: time.perf_counter(),
    "time.perf_counter_ns": lambda: time.perf_counter_ns() / 1e9,
    "datetime.now": lambda: datetime.datetime.now().timestamp(),
    "datetime.now(UTC)": lambda: datetime.datetime.now(datetime.timezone.utc).timestamp(),
    "datetime.utcnow": lambda: (datetime.datetime.utcnow() - datetime.datetime(1970, 1, 1)).total_seconds(),
    "from datetime import datetime": lambda: DateTime.now().timestamp(),
    "from time import time": lambda: taken_time(),
    "from time import monotonic": lambda: taken_monotonic(),
    "from time import perf_counter": lambda: taken_perf(),
    "time.strftime": lambda: float(time.strftime("%s")),
    "time.localtime": lambda: time.mktime(time.localtime()),
    "time.clock_gettime": lambda: time.clock_gettime(time.CLOCK_MONOTONIC),
    "time.clock_gettime_ns": lambda: time.clock_gettime_ns(time.CLOCK_REALTIME) / 1e9,
    "time.ctime": lambda: time.mktime(time.strptime(time.ctime())),
    "time.asctime": lambda: time.mktime(time.strptime(time.asctime())),
}

def clock(name): return CLOCKS[name]()
def clocks(): return {name: read() for name, read in CLOCKS.items()}

condition, event, semaphore = threading.Condition(), threading.Event(), threading.Semaphore(0)

def wait_condition():
    with condition:
        return condition.wait(100)
def wait_for():
    with condition:
        return condition.wait_for(lambda: False, timeout=100)
def get(make):
    try:
        return make().get(timeout=100)
    except queue.Empty:
        return False
def put():
    full = queue.Queue(1)
    full.put(1)
    try:
        full.put(2, timeout=100)
    except queue.Full:
        return False
def scheduled():
    done = []
    plan = sched.scheduler(time.monotonic, time.sleep)
    plan.enter(100, 1, done.append, (1,))
    plan.run()
    return done != [1]
def timer():
    fired = threading.Event()
    threading.Timer(100, fired.set).start()
    return not fired.wait()
def polling():
    until = time.monotonic() + 100
    while time.monotonic() < until:
        time.sleep(0.5)
    return False

WAITS = {
    "time.sleep": lambda: time.sleep(100) or False,
    "from time import sleep": lambda: taken_sleep(100) or False,
    "Condition.wait": wait_condition,
    "Condition.wait_for": wait_for,
    "Event.wait": lambda: event.wait(100),
    "Semaphore.acquire": lambda: semaphore.acquire(timeout=100),
    "Queue.get": lambda: get(queue.Queue),
    "PriorityQueue.get": lambda: get(queue.PriorityQueue),
    "SimpleQueue.get": lambda: get(queue.SimpleQueue),
    "Queue.put": put,
    "sched": scheduled,
    "Timer": timer,
    "polling": polling,
}
def wait(name, begun):
    begun()
    return WAITS[name]()

def token(): return jwt.encode({"exp": time.time() + 60}, "secret" * 8, algorithm="HS256")
def verify(token):
    try:
        return bool(jwt.decode(token, "secret" * 8, algorithms=["HS256"]))
    except jwt.ExpiredSignatureError:
        return "expired"

kept = {}
def latest():
    now = clocks()
    back = [name for name in now if now[name] < kept.get(name, 0)]
    kept.update(now)
    return back

import os
def end(): os._exit(0)
"""
CLOCKS = [
    "time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.perf_counter_ns",
    "datetime.now", "datetime.now(UTC)", "datetime.utcnow", "from datetime import datetime", "from time import time",
    "from time import monotonic", "from time import perf_counter", "time.strftime", "time.localtime",
    "time.clock_gettime", "time.clock_gettime_ns", "time.ctime", "time.asctime",
]  # fmt: skip
WHOLE_SECONDS = ("time.strftime", "time.localtime", "time.ctime", "time.asctime")
WAITS = [
    "time.sleep", "from time import sleep", "Condition.wait", "Condition.wait_for", "Event.wait", "Semaphore.acquire",
    "Queue.get", "PriorityQueue.get", "SimpleQueue.get", "Queue.put", "sched", "Timer", "polling",
]  # fmt: skip
SLACK = 30.0
"""Seconds of real time any step here may take on a busy machine; far below what the clock is moved by."""


@pytest.fixture
def judge(bench: Callable[..., Bench]) -> Bench:
    """A judge's bench with the submission above."""
    return bench(SOURCE, call_seconds=60.0)


def test_every_clock_moves(judge: Bench) -> None:
    """Advancing by an hour moves all that a solution may read by an hour, references taken at import too."""
    subject = judge.seat.module
    before = subject.clocks()
    assert sorted(before) == sorted(CLOCKS)
    judge.clock.advance(3600)
    after = subject.clocks()
    for name in CLOCKS:
        assert 3599 <= after[name] - before[name] < 3600 + SLACK, name


def test_the_clock_starts_at_real_time_and_flows(judge: Bench) -> None:
    """Before anything moves it, virtual time is real time."""
    subject = judge.seat.module
    assert abs(subject.clock("time.time") - judge.clock.now()) < SLACK
    assert subject.clock("time.monotonic") < subject.clock("time.monotonic")


@pytest.mark.parametrize("frozen", [False, True], ids=["flowing", "frozen"])
@pytest.mark.parametrize("name", WAITS)
def test_a_wait_that_falls_due_ends(judge: Bench, name: str, frozen: bool) -> None:  # noqa: FBT001
    """A timed wait of 100 s is over once the clock has been moved past it, and says that it timed out."""
    started = threading.Event()
    judge.seat.module.clocks()
    if frozen:
        judge.clock.freeze()
    waiting = judge.in_background(judge.seat.module.wait, name, started.set)
    assert started.wait(60)
    while not waiting.done():
        judge.clock.advance(60)
        wait([waiting], timeout=0.02)
    assert waiting.result(60) is False


def test_a_frozen_clock_stands_still_and_can_be_moved(judge: Bench) -> None:
    """While frozen, every reading is the same; advancing moves it by exactly so much; unfreezing lets it flow."""
    subject = judge.seat.module
    judge.clock.freeze()
    names = [name for name in CLOCKS if name not in WHOLE_SECONDS]
    first = subject.clocks()
    assert {name: subject.clock(name) for name in names} == {name: first[name] for name in names}
    judge.clock.advance(7.5)
    second = subject.clocks()
    for name in names:
        assert second[name] - first[name] == pytest.approx(7.5, abs=1e-5), name
    judge.clock.unfreeze()
    third = subject.clocks()
    assert all(third[name] >= second[name] for name in CLOCKS)
    assert subject.clock("time.monotonic") < subject.clock("time.monotonic")
    assert third["time.time"] - second["time.time"] < SLACK


def test_tokens_expire_by_the_moved_clock(judge: Bench) -> None:
    """PyJWT reads the same time as everybody else."""
    subject = judge.seat.module
    token = subject.token()
    assert subject.verify(token) is True
    judge.clock.advance(30)
    assert subject.verify(token) is True
    judge.clock.advance(31)
    assert subject.verify(token) == "expired"


def test_time_never_runs_backwards_from_check_to_check(judge: Bench) -> None:
    """Freezing, moving and letting go, one check after another: no clock is ever behind what it was."""
    subject = judge.seat.module
    for step in range(6):
        judge.seat.begin_check(None, fresh=False)
        assert subject.latest() == []
        if step % 2:
            judge.clock.freeze()
            assert subject.latest() == []
        judge.clock.advance(step * 10.0)
        assert subject.latest() == []
        judge.clock.unfreeze()
        assert subject.latest() == []
        judge.seat.end_check()


def test_a_fresh_process_goes_on_at_the_same_time(judge: Bench) -> None:
    """After a crash the wall clock is where it was, frozen if it was frozen."""
    subject = judge.seat.module
    judge.clock.advance(5000)
    before = subject.clock("time.time")
    assert abs(before - judge.clock.now()) < SLACK
    with pytest.raises(Exception, match="_exit"):
        subject.end()
    after = subject.clock("time.time")
    assert 0 <= after - before < SLACK
    judge.clock.freeze()
    with pytest.raises(Exception, match="_exit"):
        subject.end()
    assert subject.clock("time.time") == subject.clock("time.time") == pytest.approx(judge.clock.now(), abs=1e-5)


def test_the_fake_redis_moves_along(judge: Bench) -> None:
    """Keys expire by the moved clock, and the server tells the same time as the submission."""
    redis = judge.servers.redis("redis")
    judge.servers.move(judge.seat.offset)
    redis.client.set("short", 1, ex=60)
    redis.client.set("long", 1, ex=600)
    judge.clock.advance(61)
    assert redis.client.mget("short", "long") == [None, "1"]
    assert redis.client.ttl("long") in range(500, 540)
    judge.clock.freeze()
    seconds, micros = redis.client.time()
    assert seconds + micros / 1e6 == pytest.approx(judge.seat.module.clock("time.time"), abs=0.01)
    judge.clock.advance(600)
    assert redis.client.get("long") is None
    judge.clock.unfreeze()
    assert redis.client.time()[0] - seconds in range(600, 600 + int(SLACK))
