"""Tier 1 of the task queue: the limit, the window, and the statistics about them."""

from random import Random

from grader.testing import Clock, Handle, check, expect
from job_calls import MINUTE, expect_answers, expect_full_quota, expect_stats, stat, use_up


@check(tier=1, section="§1")
def test_limit_is_kept(subject: Handle, rng: Random) -> None:
    """A user gets as many jobs as the limit says, and not one more."""
    queue = subject.RateLimitedQueue()
    because = "the default limit is 5: five calls are admitted, the sixth comes too late"
    expect_full_quota(queue, 5, "on RateLimitedQueue()", because)
    expect_answers(queue, [False], "after that", because)
    limit = rng.choice((2, 3, 4, 6, 7))
    queue = subject.RateLimitedQueue(max_jobs_per_minute=limit)
    when = f"on RateLimitedQueue(max_jobs_per_minute={limit})"
    expect_full_quota(queue, limit, when, f"the limit is {limit}")


@check(tier=1, section="§1")
def test_everyone_has_a_limit_of_their_own(subject: Handle) -> None:
    """Every user of every queue has a limit of their own."""
    queue = subject.RateLimitedQueue(2)
    use_up(queue, 2)
    answers = [True, True, False]
    expect_answers(queue, answers, "after alice used up her two", "bob has two slots of his own", user="bob")
    expect_answers(queue, [False], "after bob's calls", "bob's calls must not give alice anything")
    expect_answers(
        queue, answers, "after alice's and bob's calls", "'Alice' is not 'alice': user ids are exact", user="Alice"
    )
    because = "two queue objects share nothing: keep the state in self, not in the class or the module"
    expect_answers(subject.RateLimitedQueue(2), answers, "on a second, new queue", because)


@check(tier=1, section="§2")
def test_bursts_do_not_meet(subject: Handle, clock: Clock) -> None:
    """A second burst never fits into the same 60 seconds."""
    clock.freeze()
    queue = subject.RateLimitedQueue(5)
    for reason in ("", "the five jobs of the first round are 75 s old: all of them have left the window"):
        use_up(queue, 5, reason)
        for seconds in range(5, MINUTE, 5):
            clock.advance(5)
            because = "all five were admitted less than 60 s ago, whether or not a new minute has begun since"
            expect_answers(queue, [False], f"{seconds} s after five jobs", because)
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
            use_up(queue, 1)
            continue
        when = f"at {moment:g} s (limit 3; jobs admitted at {jobs} s)"
        because = "exactly one more of the three jobs has become 60 s old"
        expect_answers(queue, [True, False], when, because)


@check(tier=1, section="§2")
def test_slot_is_free_after_its_window(subject: Handle, clock: Clock) -> None:
    """A slot is free just after its window, and not before, however long the window is."""
    clock.freeze()
    for window, options in ((60, {}), (10, {"window_seconds": 10}), (600, {"window_seconds": 600})):
        queue = subject.RateLimitedQueue(2, **options)
        use_up(queue, 2)
        clock.advance(window - 0.5)
        jobs = f"s after two jobs, with a window of {window} s"
        inside = "both jobs still lie in the window (keep the fraction of a second: do not round the time)"
        expect_answers(queue, [False], f"{window - 0.5} {jobs}", inside)
        clock.advance(1)
        because = "both jobs have left the window, so both slots are free again"
        expect_answers(queue, [True, True, False], f"{window + 0.5} {jobs}", because)


@check(tier=1, section="§2")
def test_refused_jobs_are_free(subject: Handle, clock: Clock) -> None:
    """Being refused costs nothing: it does not delay the next job."""
    clock.freeze()
    queue = subject.RateLimitedQueue(4)
    use_up(queue, 4)
    for seconds in (11, 22, 33, 44, 55):
        clock.advance(11)
        for _ in range(8):
            expect_answers(queue, [False], f"{seconds} s after four jobs", "all four are less than 60 s old")
    clock.advance(5.5)
    because = "only admitted jobs take slots; the 40 refused calls must not count"
    expect_answers(queue, [True] * 4 + [False], "60.5 s after four jobs", because)


@check(tier=1, section="§3")
def test_stats_show_the_use(subject: Handle, clock: Clock, rng: Random) -> None:
    """The statistics show how much of the limit is used now."""
    clock.freeze()
    limit = rng.randint(4, 9)
    queue = subject.RateLimitedQueue(limit)
    because = "a new user has a full quota, on every new queue: keep the state in self"
    expect_stats(queue, 0, limit, "for a user nobody has seen", because)
    use_up(queue, 2)
    expect_stats(queue, 2, limit, "after two jobs", "two slots are taken")
    use_up(queue, limit - 2)
    expect_answers(queue, [False] * 3, f"after {limit} jobs", "the limit is used up")
    expect_stats(queue, limit, limit, "after 3 refused jobs", "refused jobs take no slot")
    clock.advance(MINUTE + 0.5)
    because = "all jobs are more than 60 s old now, even if nobody called anything since"
    expect_stats(queue, 0, limit, "60.5 s later", because)


@check(tier=1, section="§3")
def test_asking_for_stats_changes_nothing(subject: Handle, clock: Clock) -> None:
    """Reading the statistics uses up nothing and gives nothing back."""
    clock.freeze()
    queue = subject.RateLimitedQueue(3)
    for _ in range(10):
        queue.get_user_stats("alice")
    because = "get_user_stats only looks: it must neither take a slot nor free one"
    expect_answers(queue, [True] * 3 + [False], "after 10 of get_user_stats", because)
    clock.advance(30)
    for _ in range(10):
        queue.get_user_stats("alice")
    because = "the three jobs are 30 s old; looking at them must not remove them"
    expect_answers(queue, [False], "30 s and 10 more of get_user_stats later", because)
    clock.advance(30.5)
    because = "looking at the jobs must not make them any younger"
    expect_answers(queue, [True] * 3 + [False], "60.5 s after three jobs", because)


@check(tier=1, section="§3")
def test_stats_foretell_the_answer(subject: Handle, clock: Clock, rng: Random) -> None:
    """In minutes of random traffic every answer keeps the rule, and the statistics foretell it."""
    clock.freeze()
    limit = rng.randint(2, 4)
    queue = subject.RateLimitedQueue(limit)
    admitted: dict[str, list[int]] = {"alice": [], "bob": []}
    now = 0
    for _ in range(40):
        step = 7 * rng.choice((0, 0, 1, 1, 2, 3))  # multiples of 7: no job is ever exactly 60 s old
        clock.advance(step)
        now += step
        user = rng.choice(("alice", "alice", "bob"))
        recent = [moment for moment in admitted[user] if now - moment < MINUTE]
        foretold = stat(queue, "can_enqueue", user)
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
    use_up(queue, 1)
    clock.advance(20)
    seconds = stat(queue, "retry_after")
    because = "the spec promises a number of seconds, also when there is nothing to wait for"
    expect(seconds, "'retry_after' with one of two slots used").is_a(int, float, because=because)
    because = "a slot is free now, so there is nothing to wait for"
    expect(seconds, "'retry_after' with one of two slots used").equals(0, because=because)
    use_up(queue, 1)
    clock.advance(15)
    seconds = stat(queue, "retry_after")
    because = "the older job leaves the 60-second window in 25 s, and that frees a slot"
    expect(seconds, "'retry_after' with jobs 35 s and 15 s old, limit 2").between(24.9, 26.1, because=because)
    clock.advance(seconds + 0.5)
    expect_answers(queue, [True], f"{seconds + 0.5:.1f} s later", "the queue said that this would be enough")
