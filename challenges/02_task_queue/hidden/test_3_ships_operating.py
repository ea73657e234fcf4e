"""Tier 3 of the task queue: the counters, and giving a user all slots back."""

from grader.testing import Clock, Handle, RaceRun, Races, check, expect, member, raises
from job_calls import expect_answers, run_all, stat

NO_USERS = (None, "", 7, b"alice", ("alice",))
ALL_ZERO = dict.fromkeys(("admitted", "refused", "refused_full", "queued", "running", "completed", "failed"), 0)


@check(tier=3, section="§15")
def test_counters_tell_what_happened(subject: Handle) -> None:
    """The counters tell how many jobs were admitted, refused, completed and failed, and how many wait."""
    queue = subject.RateLimitedQueue(3, max_queue_size=2)
    _expect_counters(queue, "on a new queue", "nothing has happened")
    queue.can_enqueue("alice")
    queue.enqueue("alice", "good")
    queue.enqueue("bob", "bad")
    because = "can_enqueue and enqueue both admit, and two jobs wait"
    _expect_counters(queue, "after one can_enqueue and two of enqueue", because, admitted=3, queued=2)
    with raises("QueueFull", because="two jobs wait, and max_queue_size is 2"):
        queue.enqueue("alice", "too much")
    because = "the queue was full: that is no refusal by a limit"
    _expect_counters(queue, "after QueueFull", because, admitted=3, queued=2, refused_full=1)
    expected = {"admitted": 3, "refused_full": 1}
    queue.run_pending(_fails_for_bad)
    because = "both jobs have run, and one handler raised"
    _expect_counters(queue, "after run_pending", because, **expected, completed=1, failed=1)
    queue.can_enqueue("bob", cost=2)
    queue.can_enqueue("bob")
    queue.enqueue("bob", "refused")
    expected.update(admitted=4, refused=2, completed=1, failed=1)
    because = "a job of cost 2 is one job; then both calls were refused, and what is refused does not wait"
    _expect_counters(queue, "after one job of cost 2 and two refused ones", because, **expected)
    queue.enqueue("alice", "taken")
    queue.get(timeout=0)
    expected["admitted"] = 5
    because = "a job taken by get no longer waits; it runs in no handler, and nobody tells the queue how it ended"
    for _ in range(2):
        _expect_counters(queue, "after get took a job", because, **expected)


@check(tier=3, section="§15")
def test_running_jobs_are_counted(subject: Handle) -> None:
    """While a handler runs its job counts as running, and no longer as waiting."""
    queue = subject.RateLimitedQueue()
    for job in ("good", "bad", "good"):
        queue.enqueue("alice", job)
    inside: list[list[object]] = []

    def handler(queued: tuple[str, str, str]) -> None:
        counters = queue.get_stats()
        inside.append([member(counters, key, "get_stats() in a handler") for key in ("running", "queued")])
        _fails_for_bad(queued)

    queue.run_pending(handler)
    because = "one handler runs at a time here; a job that runs or has failed no longer waits"
    expect(inside, "'running' and 'queued' in the handlers of three jobs").equals(
        [[1, 2], [1, 1], [1, 0]], because=because
    )
    because = "all handlers have ended, one of them with an exception"
    expect(_counters(queue, "afterwards")["running"], "'running' afterwards").equals(0, because=because)


@check(tier=3, section="§15")
def test_counters_show_one_moment(races: Races) -> None:
    """The counters show one moment: no job is missing or counted twice, whenever another thread looks."""

    def three_jobs(run: RaceRun) -> None:
        keys = ("queued", "running", "completed", "failed")
        because = (
            "each of three jobs waits, runs or is done: what changes together has to change in one step, under the lock"
        )
        for counters, when in ((run.results[1], "while a worker ran"), (run.seen, "when the worker was done")):
            told = {key: member(counters, key, "get_stats()") for key in keys}
            expect(told, f"the counters {when} three jobs").satisfies(
                sum(told.values()) == 3, "numbers that add up to 3", because=because
            )
        because = "all three handlers have returned"
        expect(run.seen["completed"], "'completed' when the worker was done").equals(3, because=because)

    races.every("closing_scenes.WatchedAtWork", keeps=three_jobs, kind="few")


@check(tier=3, section="§15")
def test_reset_gives_all_slots_back(subject: Handle, clock: Clock) -> None:
    """Resetting a user gives all slots back under every rate, and touches nothing else."""
    clock.freeze()
    queue = subject.RateLimitedQueue(2, extra_rates=[(3, 3600)])
    queue.enqueue("alice", "waits")
    queue.can_enqueue("alice")
    queue.can_enqueue("bob")
    clock.advance(61)
    expect_answers(queue, [True, False], "with 2 in a minute and 3 in an hour", "the hour is used up: it allows 3")
    before = _counters(queue, "before reset")
    queue.reset("alice")
    queue.reset("nobody")
    because = "reset frees slots; what was admitted and refused stays counted, and what waits goes on waiting"
    expect(_counters(queue, "after reset"), "get_stats() after reset").equals(before, because=because)
    for key, value in (("jobs_this_minute", 0), ("remaining", 2), ("retry_after", 0)):
        because = "reset gives all slots back at once"
        expect(stat(queue, key), f"{key!r} after reset('alice')").equals(value, because=because)
    expect(stat(queue, "remaining", "bob"), "bob's 'remaining'").equals(2, because="his job left the minute by itself")
    because = "both rates start from nothing: two in this minute, and one more after it"
    expect_answers(queue, [True, True, False], "after reset('alice')", because)
    clock.advance(60.5)
    expect_answers(queue, [True, False], "60.5 s after two jobs that followed a reset", because)
    because = "reset('alice') concerns alice only: bob has had one job in this hour"
    expect_answers(queue, [True, True, False], "after resets of other users", because, user="bob")
    expect(run_all(queue), "the jobs that ran after reset").equals(["waits"], because="a waiting job is not lost")


@check(tier=3, section="§15")
def test_reset_of_bad_users_is_refused(subject: Handle) -> None:
    """Resetting a user_id that is not a non-empty str raises ValueError."""
    queue = subject.RateLimitedQueue(1)
    for user in NO_USERS:
        with raises("ValueError", because=f"reset({user!r}) names no user; only a non-empty str does"):
            queue.reset(user)


def _fails_for_bad(queued: tuple[str, str, str]) -> None:
    if queued[2] == "bad":
        message = "this picture is broken"
        raise ValueError(message)


def _counters(queue: Handle, when: str) -> dict[str, object]:
    """All the promised counters; more are allowed."""
    __tracebackhide__ = True
    told = queue.get_stats()
    counters = {}
    for key in ALL_ZERO:
        counters[key] = member(told, key, f"get_stats() {when}")
        expect(counters[key], f"{key!r} in get_stats() {when}").is_a(int, because="all counters are ints")
    return counters


def _expect_counters(queue: Handle, when: str, because: str, **not_zero: int) -> None:
    __tracebackhide__ = True
    expect(_counters(queue, when), f"get_stats() {when}").equals({**ALL_ZERO, **not_zero}, because=because)
