"""Situations in which callers meet over slots and space; built and run in the submission's process, over and over."""

# ruff: noqa: ANN401, D102 - the submission has no types here; a scene's `jobs` and callers speak for themselves

import threading
import time
from collections.abc import Callable
from functools import cache
from itertools import count
from typing import Any

WINDOW = 60


class LastSlot:
    """Two callers want alice's last slot, each in its own way."""

    def __init__(self, solution: Any, taken: int, ways: list[str]) -> None:
        self.queue = solution.RateLimitedQueue(taken + 1)
        for _ in range(taken):
            self.queue.can_enqueue("alice")
        self.ways = ways

    def jobs(self) -> list[Callable[[], object]]:
        return [getattr(self, way) for way in self.ways]

    def ask(self) -> bool:
        return bool(self.queue.can_enqueue("alice"))

    def send(self) -> bool:
        return self.queue.enqueue("alice", "job") is not None

    def seen(self) -> dict[str, int]:
        waiting = [self.queue.get(timeout=0) is not None for _ in range(3)]
        return {"waiting": sum(waiting), "used": self.queue.get_user_stats("alice")["jobs_this_minute"]}


class LookWhileAdmitted:
    """Somebody reads alice's statistics while she takes her last slot; an older one has just aged out."""

    def __init__(self, solution: Any) -> None:
        self.queue = solution.RateLimitedQueue(2)
        self.queue.can_enqueue("alice")
        time.sleep(WINDOW - 20)
        self.queue.can_enqueue("alice")
        time.sleep(20.5)

    def jobs(self) -> list[Callable[[], object]]:
        return [self.look, lambda: bool(self.queue.can_enqueue("alice"))]

    def look(self) -> dict[str, object]:
        stats = self.queue.get_user_stats("alice")
        kept = {key: stats[key] for key in ("jobs_this_minute", "remaining", "can_enqueue")}
        return {**kept, "has to wait": stats["retry_after"] > 0}

    def seen(self) -> None:
        """Nothing more."""


class SweptMeanwhile:
    """Alice comes back after her slots have aged out, while others' calls clean up."""

    def __init__(self, solution: Any) -> None:
        self.queue = solution.RateLimitedQueue(2)
        for user in ("alice", "alice", "carol"):
            self.queue.can_enqueue(user)
        time.sleep(WINDOW + 0.5)

    def jobs(self) -> list[Callable[[], object]]:
        return [self.alice, self.others]

    def alice(self) -> list[bool]:
        return [bool(self.queue.can_enqueue("alice")) for _ in range(2)]

    def others(self) -> None:
        self.queue.can_enqueue("bob")

    def seen(self) -> bool:
        return bool(self.queue.can_enqueue("alice"))


class SpaceForOne:
    """Alice and bob both enqueue while there is space for one job."""

    def __init__(self, solution: Any) -> None:
        self.full = solution.QueueFull
        self.queue = solution.RateLimitedQueue(2, max_queue_size=1)

    def jobs(self) -> list[Callable[[], object]]:
        return [lambda: self.send("alice"), lambda: self.send("bob")]

    def send(self, user: str) -> str:
        try:
            return "refused" if self.queue.enqueue(user, "job") is None else "stored"
        except self.full:
            return "QueueFull"

    def seen(self) -> list[int]:
        return [self.queue.get_user_stats(user)["jobs_this_minute"] for user in ("alice", "bob")]


class FullForAlice(SpaceForOne):
    """Alice's enqueue meets a full queue, while she asks for her only slot elsewhere."""

    def __init__(self, solution: Any) -> None:
        self.full = solution.QueueFull
        self.queue = solution.RateLimitedQueue(1, max_queue_size=1)
        self.queue.enqueue("bob", "job")

    def jobs(self) -> list[Callable[[], object]]:
        return [lambda: self.send("alice"), lambda: bool(self.queue.can_enqueue("alice"))]


class _Slow:
    """Something of alice's takes until the others have been served, or a virtual minute if they never are."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.served = threading.Event()
        self.in_vain = False
        self.others = neighbours()
        self.queue: Any = None

    def take_long(self) -> None:
        self.begun.set()
        if not self.served.wait(60):
            self.in_vain = True

    def serve(self) -> None:
        self.begun.wait(1)
        for user in self.others:
            self.queue.can_enqueue(user)
            self.queue.get_user_stats(user)
            self.queue.enqueue(user, "job")
        self.served.set()

    def seen(self) -> bool:
        """Whether the others had to wait."""
        return self.in_vain


class SlowHandler(_Slow):
    """The handler of alice's job takes long."""

    def __init__(self, solution: Any) -> None:
        super().__init__()
        self.queue = solution.RateLimitedQueue()
        self.queue.enqueue("alice", "slow job")

    def jobs(self) -> list[Callable[[], object]]:
        return [self.work, self.serve]

    def work(self) -> None:
        self.queue.run_pending(lambda _: self.take_long())


class SlowClock(_Slow):
    """The clock takes long in alice's call, and in no other."""

    def __init__(self, solution: Any, way: str) -> None:
        super().__init__()
        self.slow_thread = 0
        self.way = way
        self.queue = solution.RateLimitedQueue(clock=self.clock)

    def jobs(self) -> list[Callable[[], object]]:
        return [self.call, self.serve]

    def call(self) -> None:
        self.slow_thread = threading.get_ident()
        arguments = ("alice", "job") if self.way == "enqueue" else ("alice",)
        getattr(self.queue, self.way)(*arguments)

    def clock(self) -> float:
        if threading.get_ident() == self.slow_thread:
            self.take_long()
        return time.monotonic()


@cache
def neighbours() -> list[str]:
    """Users who share alice's lock also where locks are chosen by ``hash(user) % n``, for the usual n."""
    found = ["bob"]
    for locks in (4096, 1000):
        names = (f"user-{number}" for number in count())
        found.append(next(name for name in names if (hash(name) - hash("alice")) % locks == 0))
    return found
