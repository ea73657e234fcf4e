"""Tier 1 of the task queue: the limit, the window, the statistics, and jobs that wait and run."""

from random import Random
from typing import Any, TypeAlias

from grader.testing import Handle, check, expect, member

Clock: TypeAlias = Any

MINUTE = 60


@check(tier=1, section="§1")
def test_limit_is_kept(subject: Handle, rng: Random) -> None:
    """A user gets as many jobs as the limit says, and not one more."""
    queue = subject.RateLimitedQueue()
    because = "the default limit is 5: five calls are admitted, the sixth comes too late"
    _expect_answers(queue, [True] * 5 + [False] * 2, "on RateLimitedQueue()", because)
    limit = rng.choice((2, 3, 4, 6, 7))
    queue = subject.RateLimitedQueue(max_jobs_per_minute=limit)
    when = f"on RateLimitedQueue(max_jobs_per_minute={limit})"
    _expect_answers(queue, [True] * limit + [False], when, f"the limit is {limit}")


@check(tier=1, section="§1")
def test_everyone_has_a_limit_of_their_own(subject: Handle) -> None:
    """Every user of every queue has a limit of their own."""
    queue = subject.RateLimitedQueue(2)
    _use_up(queue, 2)
    answers = [True, True, False]
    _expect_answers(queue, answers, "after alice used up her two", "bob has two slots of his own", user="bob")
    _expect_answers(queue, [False], "after bob's calls", "bob's calls must not give alice anything")
    because = "two queue objects share nothing: keep the state in self, not in the class or the module"
    _expect_answers(subject.RateLimitedQueue(2), answers, "on a second, new queue", because)


@check(tier=1, section="§2")
def test_bursts_do_not_meet(subject: Handle, clock: Clock) -> None:
    """A second burst never fits into the same 60 seconds."""
    clock.freeze()
    queue = subject.RateLimitedQueue(5)
    for _ in range(2):
        _use_up(queue, 5)
        for seconds in range(5, MINUTE, 5):
            clock.advance(5)
            because = "all five were admitted less than 60 s ago, whether or not a new minute has begun since"
            _expect_answers(queue, [False], f"{seconds} s after five jobs", because)
        clock.advance(20)  # 75 s in all: a minute that turned late in this round turns early in the next


@check(tier=1, section="§2")
def test_slots_come_back_one_by_one(subject: Handle, clock: Clock, rng: Random) -> None:
    """Each slot comes back by itself, when its own job is 60 seconds old."""
    clock.freeze()
    queue = subject.RateLimitedQueue(3)
    jobs = [0, rng.randint(8, 12), rng.randint(20, 28)]
    returns = [moment + MINUTE + 0.5 for moment in jobs]
    now = 0.0
    for moment in jobs + returns:
        clock.advance(moment - now)
        now = moment
        if moment in jobs:
            _use_up(queue, 1)
            continue
        when = f"at {moment:g} s (limit 3; jobs admitted at {jobs} s)"
        because = "exactly one more of the three jobs has become 60 s old"
        _expect_answers(queue, [True, False], when, because)


@check(tier=1, section="§2")
def test_slot_is_free_after_its_window(subject: Handle, clock: Clock) -> None:
    """A slot is free just after its window, and not before, however long the window is."""
    clock.freeze()
    for window, options in ((60, {}), (10, {"window_seconds": 10}), (600, {"window_seconds": 600})):
        queue = subject.RateLimitedQueue(2, **options)
        _use_up(queue, 2)
        clock.advance(window - 0.5)
        jobs = f"s after two jobs, with a window of {window} s"
        _expect_answers(queue, [False], f"{window - 0.5} {jobs}", "both jobs still lie in the window")
        clock.advance(1)
        because = "both jobs have left the window, so both slots are free again"
        _expect_answers(queue, [True, True, False], f"{window + 0.5} {jobs}", because)


@check(tier=1, section="§2")
def test_refused_jobs_are_free(subject: Handle, clock: Clock) -> None:
    """Being refused costs nothing: it does not delay the next job."""
    clock.freeze()
    queue = subject.RateLimitedQueue(4)
    _use_up(queue, 4)
    for seconds in (11, 22, 33, 44, 55):
        clock.advance(11)
        for _ in range(20):
            _expect_answers(queue, [False], f"{seconds} s after four jobs", "all four are less than 60 s old")
    clock.advance(5.5)
    because = "only admitted jobs take slots; the 100 refused calls must not count"
    _expect_answers(queue, [True] * 4 + [False], "60.5 s after four jobs", because)


@check(tier=1, section="§3")
def test_stats_show_the_use(subject: Handle, clock: Clock, rng: Random) -> None:
    """The statistics show how much of the limit is used now."""
    clock.freeze()
    limit = rng.randint(4, 9)
    queue = subject.RateLimitedQueue(limit)
    _expect_stats(queue, 0, limit, "for a user nobody has seen", "a new user has a full quota")
    _use_up(queue, 2)
    _expect_stats(queue, 2, limit, "after two jobs", "two slots are taken")
    _use_up(queue, limit - 2)
    _expect_answers(queue, [False] * 3, f"after {limit} jobs", "the limit is used up")
    _expect_stats(queue, limit, limit, "after 3 refused jobs", "refused jobs take no slot")
    clock.advance(MINUTE + 0.5)
    because = "all jobs are more than 60 s old now, even if nobody called anything since"
    _expect_stats(queue, 0, limit, "60.5 s later", because)


@check(tier=1, section="§3")
def test_asking_for_stats_changes_nothing(subject: Handle, clock: Clock) -> None:
    """Reading the statistics uses up nothing and gives nothing back."""
    clock.freeze()
    queue = subject.RateLimitedQueue(3)
    for _ in range(20):
        queue.get_user_stats("alice")
    because = "get_user_stats only looks: it must neither take a slot nor free one"
    _expect_answers(queue, [True] * 3 + [False], "after 20 of get_user_stats", because)
    clock.advance(30)
    for _ in range(20):
        queue.get_user_stats("alice")
    because = "the three jobs are 30 s old; looking at them must not remove them"
    _expect_answers(queue, [False], "30 s and 20 more of get_user_stats later", because)
    clock.advance(30.5)
    because = "looking at the jobs must not make them any younger"
    _expect_answers(queue, [True] * 3 + [False], "60.5 s after three jobs", because)


@check(tier=1, section="§3")
def test_stats_foretell_the_answer(subject: Handle, clock: Clock, rng: Random) -> None:
    """In minutes of random traffic every answer keeps the rule, and the statistics foretell it."""
    clock.freeze()
    limit = rng.randint(2, 4)
    queue = subject.RateLimitedQueue(limit)
    admitted: dict[str, list[int]] = {"alice": [], "bob": []}
    now = 0
    for _ in range(50):
        step = 7 * rng.choice((0, 0, 1, 1, 2, 3))  # multiples of 7: no job is ever exactly 60 s old
        clock.advance(step)
        now += step
        user = rng.choice(("alice", "alice", "bob"))
        recent = [moment for moment in admitted[user] if now - moment < MINUTE]
        foretold = _stat(queue, "can_enqueue", user)
        answer = queue.can_enqueue(user)
        story = f"at {now} s (limit {limit}; admitted for {user} in the last 60 s, at: {recent})"
        because = "only the user's own jobs of the last 60 s count, and all of those do"
        expect(answer, f"can_enqueue({user!r}) {story}").equals(len(recent) < limit, because=because)
        because = "the call right after it answered differently"
        expect(foretold, f"'can_enqueue' in get_user_stats({user!r}) {story}").equals(answer, because=because)
        if answer:
            admitted[user].append(now)


@check(tier=1, section="§3")
def test_retry_after_is_true(subject: Handle, clock: Clock) -> None:
    """Waiting for retry_after seconds is enough, and no longer than needed."""
    clock.freeze()
    queue = subject.RateLimitedQueue(2)
    _use_up(queue, 1)
    clock.advance(20)
    seconds = _stat(queue, "retry_after")
    because = "a slot is free now, so there is nothing to wait for"
    expect(seconds, "'retry_after' with one of two slots used").between(0, 0, because=because)
    _use_up(queue, 1)
    clock.advance(15)
    seconds = _stat(queue, "retry_after")
    because = "the older job leaves the 60-second window in 25 s, and that frees a slot"
    expect(seconds, "'retry_after' with jobs 35 s and 15 s old, limit 2").between(24.9, 26.1, because=because)
    clock.advance(seconds + 0.5)
    _expect_answers(queue, [True], f"{seconds + 0.5:.1f} s later", "the queue said that this would be enough")


@check(tier=1, section="§4")
def test_job_is_run_once(subject: Handle, rng: Random) -> None:
    """An enqueued job waits until run_pending hands it to the handler, once."""
    queue = subject.RateLimitedQueue()
    job = {"picture": f"cat-{rng.randint(1, 999)}.png", "sizes": [64, 256]}
    handled: list[object] = []

    def handler(queued: object) -> None:
        handled.append(queued)

    expect(queue.run_pending(handler), "run_pending with no job waiting").equals(0, because="nothing ran")
    job_id = queue.enqueue("alice", job)
    expect(job_id, "the id returned by enqueue('alice', job)").is_a(str, because="the job was admitted")
    expect(handled, "what the handler got before run_pending").equals([], because="enqueue only stores jobs")
    expect(queue.run_pending(handler), "run_pending with one job waiting").equals(1, because="one job ran")
    because = "the handler is called once, with one QueuedJob: a tuple of id, user id and job"
    expect(handled, "what the handler got").equals([(job_id, "alice", job)], because=because)
    because = "a job that was run no longer waits"
    expect(queue.run_pending(handler), "run_pending, called again").equals(0, because=because)


@check(tier=1, section="§4")
def test_jobs_run_in_order(subject: Handle) -> None:
    """A user's jobs run in the order they were enqueued."""
    queue = subject.RateLimitedQueue()
    jobs = ["first", "second", "third", "fourth"]
    for job in jobs:
        queue.enqueue("alice", job)
    because = "who comes first is served first, and run_pending goes on until no job waits"
    expect(_run(queue), "the jobs in the order they ran").equals(jobs, because=because)


@check(tier=1, section="§4")
def test_get_takes_the_job_out(subject: Handle) -> None:
    """A job handed out by get is no longer in the queue."""
    queue = subject.RateLimitedQueue()
    expect(queue.get(timeout=0), "get(timeout=0) on an empty queue").is_none(because="no job waits")
    waiting = [(queue.enqueue("alice", job), "alice", job) for job in ("first", "second", "third")]
    because = "each call takes out the oldest job, as a QueuedJob: id, user id, job"
    expect(queue.get(timeout=0), "get(timeout=0) with three jobs waiting").equals(waiting[0], because=because)
    expect(queue.get(timeout=0), "the second get(timeout=0)").equals(waiting[1], because=because)
    because = "the first two jobs were handed out by get, so only the third still waits"
    expect(_run(queue), "the jobs that run_pending ran after that").equals(["third"], because=because)
    expect(queue.get(timeout=0), "get(timeout=0) after all that").is_none(because="all jobs have been taken")


@check(tier=1, section="§4")
def test_there_is_one_limit_for_both(subject: Handle) -> None:
    """Both enqueue and can_enqueue take their slots from one limit."""
    queue = subject.RateLimitedQueue(5)
    _use_up(queue, 2)
    admitted = [queue.enqueue("alice", number) is not None for number in range(4)]
    because = "two of five slots were taken by can_enqueue; each enqueue takes exactly one more"
    what = "whether each of four enqueue calls got an id, after two of can_enqueue"
    expect(admitted, what).equals([True, True, True, False], because=because)
    _expect_answers(queue, [False], "after that", "all five slots are taken")
    because = "jobs admitted by can_enqueue and by enqueue both count"
    expect(_stat(queue, "jobs_this_minute"), "'jobs_this_minute' after that").equals(5, because=because)


@check(tier=1, section="§4")
def test_refused_job_never_runs(subject: Handle) -> None:
    """A refused job gets None instead of an id, and never runs."""
    queue = subject.RateLimitedQueue(2)
    ids = [queue.enqueue("alice", job) for job in ("one", "two", "three")]
    expect(ids[2], "the third enqueue with a limit of 2").is_none(because="the limit was used up")
    because = "a refused job is not stored: its caller was told no"
    expect(_run(queue), "the jobs that ran").equals(["one", "two"], because=because)


@check(tier=1, section="§4")
def test_finished_job_keeps_its_slot(subject: Handle, clock: Clock) -> None:
    """A job that was run or taken keeps its slot until it has aged out."""
    clock.freeze()
    queue = subject.RateLimitedQueue(2)
    queue.enqueue("alice", "one")
    queue.enqueue("alice", "two")
    queue.get(timeout=0)
    _run(queue)
    because = "the limit is about jobs per minute, not about jobs that wait or run"
    third = queue.enqueue("alice", "three")
    expect(third, "enqueue when both earlier jobs are done, limit 2").is_none(because=because)
    clock.advance(MINUTE + 0.5)
    expect(queue.enqueue("alice", "four"), "enqueue 60.5 s later").is_a(str, because="both slots are free")


@check(tier=1, section="§4")
def test_ids_are_unique(subject: Handle, clock: Clock) -> None:
    """No two jobs of a queue have the same id, even if they look alike."""
    clock.freeze()
    queue = subject.RateLimitedQueue(10)
    ids: list[object] = []
    for _ in range(2):
        ids += [queue.enqueue(user, "same job") for user in ("alice", "bob") * 5]
        _run(queue)
    for job_id in ids:
        expect(job_id, "an id returned by enqueue").is_a(str, because="an id is text")
    because = "user, job and time may all be the same, and earlier jobs may be gone: an id must still be new"
    expect(len(set(ids)), "the number of different ids of 20 jobs").equals(20, because=because)


def _expect_answers(queue: Handle, answers: list[bool], when: str, because: str, user: str = "alice") -> None:
    """Call can_enqueue once for each of ``answers``."""
    __tracebackhide__ = True
    got = [queue.can_enqueue(user) for _ in answers]
    if len(answers) == 1:
        expect(got[0], f"can_enqueue({user!r}) {when}").equals(answers[0], because=because)
    expect(got, f"what {len(got)} calls of can_enqueue({user!r}) {when} answered").equals(
        answers, because=because
    )


def _use_up(queue: Handle, slots: int) -> None:
    """Take slots of alice's that must be free."""
    __tracebackhide__ = True
    for _ in range(slots):
        because = "alice has fewer jobs than the limit in the last window"
        expect(queue.can_enqueue("alice"), "can_enqueue('alice') with a slot free").is_true(because=because)


def _stat(queue: Handle, key: str, user: str = "alice") -> Any:  # noqa: ANN401
    __tracebackhide__ = True
    return member(queue.get_user_stats(user), key, f"get_user_stats({user!r})")


def _expect_stats(queue: Handle, used: int, limit: int, when: str, because: str) -> None:
    __tracebackhide__ = True
    expected = {"limit": limit, "jobs_this_minute": used, "remaining": limit - used}
    expected["can_enqueue"] = used < limit
    for key, value in expected.items():
        expect(_stat(queue, key), f"{key!r} in get_user_stats('alice') {when}").equals(value, because=because)


def _run(queue: Handle) -> list[object]:
    """Run what waits and return the jobs in order; what is no QueuedJob is returned as it came."""
    jobs: list[object] = []

    def handler(queued: Any) -> None:  # noqa: ANN401
        is_queued_job = isinstance(queued, tuple) and len(queued) == 3  # noqa: PLR2004
        jobs.append(queued[2] if is_queued_job else queued)

    queue.run_pending(handler)
    return jobs
