"""What the suites of this challenge share: asking for slots, reading statistics, running what waits."""

from typing import Any

from grader.testing import Handle, expect, member

MINUTE = 60


def expect_answers(queue: Handle, answers: list[bool], when: str, because: str, user: str = "alice") -> None:
    """Call can_enqueue once for each of ``answers``."""
    __tracebackhide__ = True
    got = [queue.can_enqueue(user) for _ in answers]
    if len(answers) == 1:
        expect(got[0], f"can_enqueue({user!r}) {when}").equals(answers[0], because=because)
    expect(got, f"what {len(got)} calls of can_enqueue({user!r}) {when} answered").equals(answers, because=because)


def use_up(queue: Handle, slots: int) -> None:
    """Take slots of alice's that must be free."""
    __tracebackhide__ = True
    for _ in range(slots):
        because = "alice has fewer jobs than the limit in the last window"
        expect(queue.can_enqueue("alice"), "can_enqueue('alice') with a slot free").is_true(because=because)


def stat(queue: Handle, key: str, user: str = "alice") -> Any:  # noqa: ANN401 - a number or a bool
    """Return one entry of what get_user_stats says."""
    __tracebackhide__ = True
    return member(queue.get_user_stats(user), key, f"get_user_stats({user!r})")


def expect_stats(queue: Handle, used: int, limit: int, when: str, because: str) -> None:
    """Look at all of alice's statistics but retry_after."""
    __tracebackhide__ = True
    expected = {"limit": limit, "jobs_this_minute": used, "remaining": limit - used, "can_enqueue": used < limit}
    for key, value in expected.items():
        expect(stat(queue, key), f"{key!r} in get_user_stats('alice') {when}").equals(value, because=because)


def run_all(queue: Handle) -> list[object]:
    """Run what waits and return the jobs in order; what is no QueuedJob is returned as it came."""
    jobs: list[object] = []

    def handler(queued: object) -> None:
        jobs.append(queued[2] if isinstance(queued, tuple) and len(queued) == 3 else queued)

    queue.run_pending(handler)
    return jobs
