"""Tier 2 of the task queue: bad input, names that look alike, and users who never come back."""

import math
from random import Random

from grader.testing import Clock, Handle, Process, check, expect, raises
from job_calls import expect_answers, run_all, stat

NO_COUNTS = (0, -1, 2.5, 5.0, "5", True, False, math.inf)
NO_SECONDS = (0, -1, -0.5, "60", None, math.nan, math.inf, -math.inf)
NO_USERS = (None, "", 0, 7, b"alice", ("alice",), ["alice"], True)


@check(tier=2, section="§8")
def test_bad_settings_are_refused(subject: Handle) -> None:
    """Settings that make no sense raise ValueError when the queue is made."""
    for name, values in (
        ("max_jobs_per_minute", (*NO_COUNTS, None)),
        ("max_queue_size", NO_COUNTS),
        ("window_seconds", NO_SECONDS),
    ):
        for value in values:
            because = (
                f"RateLimitedQueue({name}={value!r}) makes no sense; say so at once, not when the first user comes"
            )
            with raises("ValueError", because=because):
                subject.RateLimitedQueue(**{name: value})
    queue = subject.RateLimitedQueue(1, window_seconds=0.5, max_queue_size=None)
    because = "a limit of 1, half a second and no bound are all fine"
    expect_answers(queue, [True], "with small but good settings", because)


@check(tier=2, section="§8")
def test_bad_users_are_refused(subject: Handle) -> None:
    """A user_id that is not a non-empty str raises ValueError, and nothing changes."""
    queue = subject.RateLimitedQueue(2)
    for user in NO_USERS:
        for name, arguments in (("can_enqueue", ()), ("get_user_stats", ()), ("enqueue", ("job",))):
            because = f"{name}({user!r}) names no user; only a non-empty str does"
            with raises("ValueError", because=because):
                getattr(queue, name)(user, *arguments)
    expect(run_all(queue), "the jobs that wait after refused calls").equals([], because="nothing was admitted")
    because = "refused calls must leave the queue as it was"
    expect_answers(queue, [True, True, False], "after all that, limit 2", because)


@check(tier=2, section="§8")
def test_names_are_taken_as_they_are(subject: Handle, rng: Random) -> None:
    """Two different strings are two different users, however alike they look."""
    queue = subject.RateLimitedQueue(1)
    long = "".join(rng.choice("abc") for _ in range(999))
    names = [
        "alice", "Alice", "ALICE", "alice ", " alice", "alice\n", "alice\0", "a:b", "a", "b", "a/b", "..", "*", "None",
        "caf\u00e9", "cafe\u0301", "\u00df", "ss", "\ufb01", "fi", "\U0001f600", "%s", long, long + "x", long + "y",
    ]  # fmt: skip
    because = "nobody of that name was there before: a name must not be shortened, joined or cleaned up"
    for name in names:
        expect(queue.can_enqueue(name), f"the first can_enqueue({_shown(name)})").is_true(because=because)
    because = "that user has had a job, and the limit is 1"
    for name in names:
        expect(queue.can_enqueue(name), f"the second can_enqueue({_shown(name)})").is_false(because=because)


@check(tier=2, section="§9")
def test_idle_users_are_forgotten(subject: Handle, process: Process, clock: Clock) -> None:
    """Users whose slots have all aged out leave nothing behind."""
    queue = subject.RateLimitedQueue(5)
    before = _objects_after_calls(queue, process)
    for number in range(60):
        queue.can_enqueue(f"visitor {number}")
        queue.enqueue(f"sender {number}", "job")
    run_all(queue)
    clock.advance(60.5)
    after = _objects_after_calls(queue, process)
    because = "each of the 120 visitors left something; who removes it if they never come back?"
    expect(after - before, "the number of objects that 120 idle users left in the queue").at_most(30, because=because)


@check(tier=2, section="§9")
def test_looking_leaves_nothing_behind(subject: Handle, process: Process) -> None:
    """Reading the statistics of unknown users leaves nothing behind."""
    queue = subject.RateLimitedQueue(5)
    before = _objects_after_calls(queue, process)
    for number in range(60):
        queue.get_user_stats(f"stranger {number}")
    after, _ = process.size_of(queue)
    because = "looking a user up must not create an entry, as a defaultdict does"
    expect(after - before, "the number of objects that 60 of get_user_stats left").at_most(15, because=because)


@check(tier=2, section="§9")
def test_refusals_leave_nothing_behind(subject: Handle, process: Process) -> None:
    """Refused calls leave nothing behind."""
    queue = subject.RateLimitedQueue(5)
    before = _objects_after_calls(queue, process)
    for number in range(50):
        expect_answers(queue, [False], "of a user who is at the limit", "all five slots are taken", user="zoe")
        queue.enqueue("zoe", f"refused {number}")
    after, _ = process.size_of(queue)
    because = "whoever is refused may come back a thousand times a second; nothing may be kept for it"
    expect(after - before, "the number of objects that 100 refused calls left").at_most(20, because=because)
    expect(stat(queue, "remaining", "zoe"), "'remaining' after that").equals(0, because="all five slots are taken")


def _objects_after_calls(queue: Handle, process: Process) -> int:
    """Make the ten calls after which idle users must be gone, and count what the queue holds."""
    for _ in range(10):
        queue.can_enqueue("zoe")
    objects, _ = process.size_of(queue)
    return objects


def _shown(name: str) -> str:
    return repr(name) if len(name) < 100 else f"a name of {len(name)} characters that ends in {name[-1]!r}"
