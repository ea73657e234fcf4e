"""Situations in which callers meet over one cache: run in the submission's process, once for each order of turns."""

# ruff: noqa: ANN401, ARG001, D102 - the submission has no types here; a scene's `jobs` and callers speak for themselves

import threading
import time
from collections.abc import Callable
from functools import cache
from itertools import count
from typing import Any
from uuid import uuid4

import redis

MOMENT = 0.03
"""Seconds of the race's own time: they pass when every caller waits for something."""


class _Meeting:
    """A cache, a key that no other run has used, and a count of computations."""

    def __init__(self, solution: Any, host: str, port: int, **options: Any) -> None:
        self.solution = solution
        self.cache = solution.CacheManager(redis_host=host, redis_port=port, **options)
        self.cache.get("nothing")  # connects here rather than in every order of turns
        self.key = f"report {uuid4().hex}"
        self.runs = 0

    def jobs(self) -> list[Callable[[], object]]:
        return [self.ask, self.ask]

    def ask(self) -> Any:
        return self.cache.get_or_compute(self.key, self.compute, 60)

    def compute(self) -> Any:
        self.runs += 1
        return {"run": self.runs}

    def seen(self) -> Any:
        """How often the function ran."""
        return self.runs


class _Joined(_Meeting):
    """One caller computes, and only when it does the second one comes."""

    def __init__(self, solution: Any, host: str, port: int) -> None:
        super().__init__(solution, host, port)
        self.ready = threading.Event()
        self.begun = threading.Event()

    def jobs(self) -> list[Callable[[], object]]:
        return [self.lead, self.join]

    def lead(self) -> Any:
        self.ready.wait()
        return self.ask()

    def join(self) -> Any:
        self.ready.set()
        self.begun.wait(60)
        return self.ask()


class SharedChange(_Joined):
    """Two callers meet over one computation, and each of them changes what it got."""

    def compute(self) -> Any:
        self.begun.set()
        time.sleep(MOMENT)
        return []

    def lead(self) -> list[str]:
        return self.change(super().lead(), "A")

    def join(self) -> list[str]:
        return self.change(super().join(), "B")

    def change(self, result: Any, name: str) -> list[str]:
        result.append(name)
        time.sleep(MOMENT)
        return list(result)


class Stampede(_Meeting):
    """Two callers miss the same key together, and computing it takes a moment."""

    def compute(self) -> Any:
        value = super().compute()
        time.sleep(MOMENT)
        return value


class Latecomer(_Meeting):
    """Two callers make the same cached call, and computing its result takes no time at all."""

    def __init__(self, solution: Any, host: str, port: int) -> None:
        super().__init__(solution, host, port)

        @solution.cache_result(ttl=60, cache=self.cache)
        def load(unique: str) -> Any:
            return self.compute()

        self.load = load

    def ask(self) -> Any:
        return self.load(self.key)


class FailingLeader(_Meeting):
    """Three callers miss together, and the first computation fails."""

    inside = 0
    peak = 0

    def jobs(self) -> list[Callable[[], object]]:
        return [self.try_it, self.try_it, self.try_it]

    def compute(self) -> Any:
        self.runs += 1
        run = self.runs
        self.inside += 1
        self.peak = max(self.peak, self.inside)
        time.sleep(MOMENT)
        self.inside -= 1
        if run == 1:
            message = "the database is away"
            raise ValueError(message)
        return "computed"

    def try_it(self) -> list[Any]:
        begun = time.monotonic()
        try:
            result = self.ask()
        except ValueError:
            result = "ValueError"
        return [result, time.monotonic() - begun > 6]

    def seen(self) -> list[Any]:
        """Most computations at a time, and what a later call gets."""
        return [self.peak, self.ask()]


class SlowNeighbour(_Joined):
    """One key takes until the others have been served, or a virtual minute if they never are."""

    def __init__(self, solution: Any, host: str, port: int) -> None:
        super().__init__(solution, host, port)
        self.served = threading.Event()
        self.in_vain = False

    def compute(self) -> str:
        self.begun.set()
        if not self.served.wait(60):
            self.in_vain = True
        return "slow"

    def join(self) -> None:
        self.ready.set()
        self.begun.wait(60)
        for key in neighbours(self.key):
            self.cache.get_or_compute(key, lambda: "quick", 60)
            self.cache.set(key, "set", ttl=60)
            self.cache.get(key)
        self.served.set()

    def seen(self) -> bool:
        """Whether the others had to wait."""
        return self.in_vain


class Thief(_Joined):
    """A lock runs out and becomes somebody else's at the worst moment: while, or after, its owner computes."""

    def __init__(self, solution: Any, host: str, port: int) -> None:
        super().__init__(solution, host, port)
        self.client: Any = witness(host, port)
        self.client.flushdb()
        self.locks: list[str] = []
        self.stolen: list[str] = []

    def compute(self) -> str:
        self.locks = list(self.client.scan_iter())
        self.begun.set()
        return "computed"

    def join(self) -> None:
        self.ready.set()
        self.begun.wait(60)
        # XX: only a lock that is still there can have become another's.
        self.stolen = [name for name in self.locks if self.client.set(name, "another's", px=60_000, xx=True)]

    def seen(self) -> list[Any]:
        """What became of the locks that had become another's."""
        return [self.client.get(name) for name in self.stolen]


class Count(_Meeting):
    """Two callers look for a key that is not there, in a cache that serves all runs."""

    cache: Any = None

    def __init__(self, solution: Any, host: str, port: int) -> None:
        if Count.cache is None:
            Count.cache = solution.CacheManager(redis_host=host, redis_port=port)
        self.before = self.cache.stats()["misses"]

    def jobs(self) -> list[Callable[[], object]]:
        return [self.look, self.look]

    def look(self) -> Any:
        return self.cache.get("nothing")

    def seen(self) -> Any:
        """The misses of these two."""
        return self.cache.stats()["misses"] - self.before


@cache
def witness(host: str, port: int) -> Any:
    """A client of the scenes' own."""
    return redis.Redis(host, port, decode_responses=True)


@cache
def neighbours(key: str) -> list[str]:
    """Other keys, also some that share a lock where locks are chosen by ``hash(key) % n``, for the usual n."""
    found = [f"another {key}"]
    for locks in (4096, 1000):
        names = (f"{key} {number}" for number in count())
        found.append(next(name for name in names if (hash(name) - hash(key)) % locks == 0))
    return found
