"""What the suites of this challenge share: asking for slots, reading statistics, running what waits."""

import threading
from typing import Any

from grader.testing import Handle, expect, exported, fail, member

MINUTE = 60
NEW_QUEUE = "this queue object is new: nobody has used it yet. Keep the state in self, not in the class or the module"


@exported()
class Picture:
    """A job that arrives as itself or not at all: no copy of it is equal to it."""


def expect_answers(queue: Handle, answers: list[bool], when: str, because: str, user: str = "alice") -> None:
    """Call can_enqueue once for each of ``answers``."""
    __tracebackhide__ = True
    got = [_real_bool(queue.can_enqueue(user), user, when) for _ in answers]
    if len(answers) == 1:
        expect(got[0], f"can_enqueue({user!r}) {when}").equals(answers[0], because=because)
    expect(got, f"what {len(got)} calls of can_enqueue({user!r}) {when} answered").equals(answers, because=because)


def expect_full_quota(queue: Handle, limit: int, when: str, because: str, user: str = "alice") -> None:
    """Nobody has used ``queue`` yet: the user is admitted ``limit`` times, and then no more."""
    __tracebackhide__ = True
    first = _real_bool(queue.can_enqueue(user), user, when)
    expect(first, f"the first can_enqueue({user!r}) {when}").is_true(because=NEW_QUEUE)
    got = [first, *(_real_bool(queue.can_enqueue(user), user, when) for _ in range(limit))]
    answers = [True] * limit + [False]
    expect(got, f"what {len(got)} calls of can_enqueue({user!r}) {when} answered").equals(answers, because=because)


def use_up(queue: Handle, slots: int, because: str = "") -> None:
    """Take slots of alice's that must be free."""
    __tracebackhide__ = True
    usual = (
        "alice has fewer jobs on this queue than the limit allows. "
        "(If it counts her jobs of an earlier queue object: the state belongs in self, not in the class or the module.)"
    )
    for _ in range(slots):
        answer = _real_bool(queue.can_enqueue("alice"), "alice", "with a slot free")
        expect(answer, "can_enqueue('alice') with a slot free").is_true(because=because or usual)


def stat(queue: Handle, key: str, user: str = "alice") -> Any:  # noqa: ANN401 - a number or a bool
    """Return one entry of what get_user_stats says."""
    __tracebackhide__ = True
    stats = queue.get_user_stats(user)
    _no_coroutine(stats, "get_user_stats")
    return member(stats, key, f"get_user_stats({user!r})")


def expect_stats(queue: Handle, used: int, limit: int, when: str, because: str) -> None:
    """Look at all of alice's statistics but retry_after."""
    __tracebackhide__ = True
    expected = {"limit": limit, "jobs_this_minute": used, "remaining": limit - used, "can_enqueue": used < limit}
    for key, value in expected.items():
        got, what = stat(queue, key), f"{key!r} in get_user_stats('alice') {when}"
        kind = "real bool, True or False" if key == "can_enqueue" else "number of type int"
        expect(got, what).is_a(type(value), because=f"the spec promises a {kind}")
        expect(got, what).equals(value, because=because)


def expect_id(job_id: object, what: str, because: str) -> None:
    """An enqueue that was admitted returned an id; ``because`` says why it was not to be refused."""
    __tracebackhide__ = True
    _no_coroutine(job_id, "enqueue")
    if job_id is not None:
        because = "the job was admitted, so the answer is its id: a non-empty str"
    expect(job_id, what).is_a(str, because=because)
    expect(job_id, what).differs_from("", because=because)


def send(queue: Handle, *jobs: object) -> list[str]:
    """Enqueue jobs of alice's for which there must be slots, and return their ids."""
    __tracebackhide__ = True
    ids = []
    for at, job in enumerate(jobs, 1):
        because = "this queue is new, and alice has fewer jobs on it than the limit allows; keep the state in self"
        ids.append(queue.enqueue("alice", job))
        expect_id(ids[-1], f"enqueue number {at} on a new queue", because)
    return ids


def expect_refused(answer: object, what: str, because: str) -> None:
    """An enqueue that was refused returned None; ``because`` says why it was not to be admitted."""
    __tracebackhide__ = True
    _no_coroutine(answer, "enqueue")
    if answer is False:
        because = "refused is right, but a refused enqueue answers None: instead of an id there is nothing"
    expect(answer, what).is_none(because=because)


def expect_ran(queue: Handle, handler: object, number: int, when: str, because: str) -> None:
    """Call run_pending, which returns how many jobs it ran."""
    __tracebackhide__ = True
    got, what = queue.run_pending(handler), f"run_pending {when}"
    _no_coroutine(got, "run_pending")
    expect(got, what).is_a(int, because="run_pending returns how many jobs it ran, a number, also when it ran none")
    expect(got, what).equals(number, because=because)


def expect_queued(queued: object, expected: tuple[object, ...], what: str, because: str) -> None:
    """Look at a QueuedJob: as get returned it, or as a handler got it."""
    __tracebackhide__ = True
    _no_coroutine(queued, "get")
    if queued is None:
        because = "a job was waiting"
    elif not isinstance(queued, tuple) or len(queued) != len(expected):
        because = "workers receive a QueuedJob, a tuple of id, user id and job; the stub has the class ready"
    expect(queued, what).equals(expected, because=because)


def run_all(queue: Handle) -> list[object]:
    """Run what waits and return the jobs in order; what is no QueuedJob is returned as it came."""
    __tracebackhide__ = True
    here = threading.get_ident()  # a call back from the thread that is called from here is served by this thread
    jobs: list[object] = []
    elsewhere: list[object] = []

    def handler(queued: object) -> None:
        if threading.get_ident() != here:
            elsewhere.append(queued)
        jobs.append(job_of(queued))

    queue.run_pending(handler)
    because = "run_pending has to call the handler itself: with threads of its own nothing is sure about the order"
    expect(len(elsewhere), "the number of handlers that ran in another thread").equals(0, because=because)
    return jobs


def job_of(queued: object) -> object:
    """The job in a QueuedJob; what is no QueuedJob is returned as it came."""
    return queued[2] if isinstance(queued, tuple) and len(queued) == 3 else queued


def _real_bool(answer: object, user: str, when: str) -> bool:
    __tracebackhide__ = True
    _no_coroutine(answer, "can_enqueue")
    because = "the answer has to be a real bool, True or False, not a value that only counts as true or false"
    if answer is None:
        because = "it returned nothing: every way through can_enqueue needs a return with True or False"
    expect(answer, f"can_enqueue({user!r}) {when}").is_a(bool, because=because)
    return answer is True


def _no_coroutine(answer: object, method: str) -> None:
    __tracebackhide__ = True
    if isinstance(answer, Handle) and "coroutine" in repr(answer):
        because = "it is written with async def; this spec wants plain methods, written with def"
        fail(
            f"{method} answered with a coroutine", expected="a plain method", got=f"async def {method}", because=because
        )
