"""Tier 3: what a decision costs: round trips, bytes, memory in Redis and in the process, work as the log grows."""

import binascii
import contextlib
import re
from collections.abc import Callable, Iterator

import redis as driver

from grader.testing import Handle, OwnRedis, Process, RedisWitness, Tap, check, expect
from limiter_calls import MINUTE, burst, new_limiter, redis_names


@check(tier=3, section="§15")
def test_one_round_trip_a_decision(subject: Handle, redis: RedisWitness, tap: Callable[[RedisWitness], Tap]) -> None:
    """A decision waits for Redis once, admitted or refused."""
    gate = tap(redis)
    limiter, config = subject.RedisRateLimiter(gate.host, gate.port), subject.RateLimitConfig(8, MINUTE)
    burst(limiter, "alice", config, 3)
    for story, requests in (("admitted", 5), ("refused", 5)):
        gate.round_trips = 0
        burst(limiter, "alice", config, requests)
        expect(gate.round_trips, f"the round trips of {requests} {story} requests").at_most(
            requests,
            because="everything a decision needs, the time and the numbers of the answer too, can come from one script",
        )


class Overheard:
    """What clients and scripts told a real server meanwhile; each command as a list of its words."""

    def __init__(self, server: OwnRedis) -> None:
        self._server = server
        self.by_clients: list[list[bytes]] = []
        self.by_scripts: list[list[bytes]] = []

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Hear all that is told in the body of the with statement."""
        with self._server.client.monitor() as monitor:
            yield
            self._server.client.echo("that is all")
            while True:
                told = monitor.connection.read_response()
                line = told.encode("latin-1", "replace") if isinstance(told, str) else bytes(told)
                words = [_plain(word) for word in re.findall(rb'"((?:[^"\\]|\\.)*)"', line)]
                if words == [b"ECHO", b"that is all"]:
                    return
                (self.by_scripts if b" lua]" in line.partition(b'"')[0] else self.by_clients).append(words)

    def keys(self, commands: list[list[bytes]]) -> set[str]:
        """The keys that these commands name, by what the server knows about its commands."""
        found: set[str] = set()
        for words in commands:
            with contextlib.suppress(driver.ResponseError):  # a command without keys
                found |= set(self._server.client.execute_command("COMMAND GETKEYS", *words))
        return found


def _plain(word: bytes) -> bytes:
    """A word as it was before MONITOR escaped it."""
    return word.decode("unicode_escape").encode("latin-1")


def slot(key: str) -> int:
    """The slot of a Redis Cluster in which a key lives: of its hash tag, the first {...}, where it has one."""
    tag = re.match(r"[^{]*\{([^}]+)\}", key)
    return binascii.crc_hqx((tag[1] if tag else key).encode(), 0) % 16384


def overhear(subject: Handle, own_valkey: OwnRedis) -> Overheard:
    """What a warm limiter tells Redis in two admitted decisions and two refused ones."""
    limiter, config = new_limiter(subject, own_valkey), subject.RateLimitConfig(4, MINUTE)
    burst(limiter, "warm", config, 5)
    burst(limiter, "alice", config, 2)
    overheard = Overheard(own_valkey)
    with overheard.listening():
        burst(limiter, "alice", config, 4)
    return overheard


@check(tier=3, section="§15", ask="How does a cluster know on which machine a script finds its keys?")
def test_keys_of_a_decision_share_a_slot(subject: Handle, own_valkey: OwnRedis) -> None:
    """All keys of a decision are passed as keys and belong to one slot of a cluster."""
    overheard = overhear(subject, own_valkey)
    named = overheard.keys(overheard.by_clients)
    hidden = overheard.keys(overheard.by_scripts) - named
    expect(sorted(hidden), "the keys that a script used without being passed them in KEYS").equals(
        [], because="a cluster finds the right machine by the keys that it is told; do not build names in the script"
    )
    slots = {name: slot(name) for name in sorted(named)}
    expect(len(set(slots.values())), f"the number of cluster slots that the keys {list(slots)} lie in").at_most(
        1, because="a script must find all its keys on one machine: one key, or a {hash tag} that they share"
    )


@check(tier=3, section="§15", ask="How many bytes do you send for one decision?")
def test_script_text_is_sent_once(subject: Handle, own_valkey: OwnRedis) -> None:
    """A warm limiter does not send the text of its script with each decision."""
    because = "EVAL sends the whole text each time, and Redis hashes it each time; register_script sends the hash"
    for words in overhear(subject, own_valkey).by_clients:
        name = words[0].decode("ascii", "replace")
        longest = max((len(word) for word in words), default=0)
        expect(longest, f"the bytes of the longest word in {name}, a command of a warm limiter").at_most(
            200, because=because
        )


@check(tier=3, section="§18", ask="What does one entry hold, and which part of it does the limiter read again?")
def test_entries_stay_small(subject: Handle, valkey: RedisWitness) -> None:
    """An admitted request takes at most 500 bytes of Redis."""
    limiter, config = new_limiter(subject, valkey), subject.RateLimitConfig(150, MINUTE)
    burst(limiter, "alice", config, 150)
    used = sum(int(valkey.client.memory_usage(name, samples=0) or 0) for name in redis_names(valkey))
    expect(used // 150, "the bytes that Redis needs for each of 150 admitted requests").at_most(
        500, because="an entry needs a time and a short name, nothing about the request"
    )


@check(tier=3, section="§18")
def test_work_does_not_grow_with_the_log(subject: Handle, own_valkey: OwnRedis) -> None:
    """A decision costs Redis about as much with eight thousand requests in the window as with ten."""
    limiter = new_limiter(subject, own_valkey)
    small, large = subject.RateLimitConfig(10, MINUTE * 60), subject.RateLimitConfig(8000, MINUTE * 60)
    burst(limiter, "small", small, 10)
    for _ in range(16):
        limiter.is_allowed("large", large, cost=500)
    work = {key: _work(own_valkey, limiter, key, config) for key, config in (("small", small), ("large", large))}
    expect(work["large"] / work["small"], "how many times Redis' work grows with a log 800 times longer").at_most(
        6, because="the whole log was read; ask for the count, and for the one entry that you need"
    )


def _work(own_valkey: OwnRedis, limiter: Handle, key: str, config: Handle) -> float:
    """The processor seconds that Redis needs for twenty refused requests, the least of three attempts."""

    def used() -> float:
        cpu = own_valkey.client.info("cpu")
        return float(cpu["used_cpu_user"]) + float(cpu["used_cpu_sys"])

    needed = []
    for _ in range(3):
        before = used()
        burst(limiter, key, config, 20)
        needed.append(used() - before)
    return max(min(needed), 1e-6)


@check(tier=3, section="§18", ask="A million callers came once. What does your process still hold for each of them?")
def test_limiter_keeps_nothing_for_a_key(subject: Handle, valkey: RedisWitness, process: Process) -> None:
    """The process does not grow with the number of callers."""
    limiter, config = new_limiter(subject, valkey), subject.RateLimitConfig(1, MINUTE)
    callers = 30

    def growth(group: str) -> int:
        before = process.allocated_blocks()
        for number in range(callers):
            limiter.is_allowed(f"{group} {number}", config)
            limiter.get_user_limits(f"{group} {number}", config)
        return process.allocated_blocks() - before

    # What is set up once shows in the first rounds, what is kept for each caller in every round.
    least = min(growth(f"round {number}") for number in range(6))
    expect(least, f"how many more pieces of memory the process holds after {callers} new callers").at_most(
        callers,
        because="something was kept for each caller: a lock, a counter, a name; only Redis forgets them in time",
    )
