"""Tier 3 of the task queue: jobs of different weight, several rates at once, and what a decision costs."""

import math
from random import Random

from grader.testing import Clock, Handle, RaceRun, Races, check, expect, fail, raises
from job_calls import MINUTE, expect_answers, expect_full_quota, expect_id, expect_refused, run_all, stat

NO_COSTS = (0, -1, 1.5, 2.0, "2", True, None)
NO_RATES = (
    (0, 60),
    (-5, 60),
    (2.5, 60),
    (True, 60),
    ("5", 60),
    (5, 0),
    (5, -1),
    (5, "60"),
    (5, math.nan),
    (5, math.inf),
)


@check(tier=3, section="§11")
def test_heavy_job_is_all_or_nothing(subject: Handle, clock: Clock) -> None:
    """A heavy job takes all of its slots or none, and they come back together."""
    clock.freeze()
    queue = subject.RateLimitedQueue(5)
    _expect_heavy(queue, 3, answer=True, when="on a new queue, limit 5", because="five slots are free")
    clock.advance(20)
    because = "two slots are free, and a job that does not fit gets none of them"
    _expect_heavy(queue, 3, answer=False, when="with two slots free", because=because)
    expect_refused(queue.enqueue("alice", "too heavy", cost=3), "enqueue(…, cost=3) with two slots free", because)
    because = "the jobs that were refused must not have taken the two slots that were free"
    expect_id(queue.enqueue("alice", "fits", cost=2), "enqueue(…, cost=2) with two slots free", because)
    because = "the jobs of cost 3 and 2 hold all five slots"
    expect_answers(queue, [False], "after jobs of cost 3 and 2, limit 5", because)
    expect(run_all(queue), "the jobs that ran").equals(["fits"], because="the other job was refused")
    clock.advance(MINUTE - 20 + 0.5)
    because = "the job of cost 3 is 60.5 s old, so its three slots are back; the job of cost 2 still holds two"
    _expect_heavy(queue, 4, answer=False, when="60.5 s after the job of cost 3", because=because)
    _expect_heavy(queue, 3, answer=True, when="60.5 s after the job of cost 3", because=because)
    clock.advance(20)
    because = "the job of cost 2 has aged out, and the second job of cost 3 has not"
    _expect_heavy(queue, 3, answer=False, when="20 s later", because=because)
    _expect_heavy(queue, 2, answer=True, when="20 s later", because=because)


@check(tier=3, section="§11")
def test_heavy_jobs_meet(races: Races) -> None:
    """Threads that ask for several slots at once never share one, and never hold one they cannot use."""

    def one_fits(run: RaceRun) -> None:
        because = "three slots are free: enough for one job of cost 2, not for two"
        what = "how many of two jobs of cost 2 were admitted at the same time with three slots free"
        expect(run.results.count(True), what).equals(1, because=because)

    races.every("heavy_scenes.HeavyJobs", 3, [2, 2], keeps=one_fits, kind="few")

    def light_one_fits(run: RaceRun) -> None:
        because = "the job of cost 3 does not fit, so it must not hold slots even for a moment: look first, then take"
        what = "what jobs of cost 3 and 1 were answered at the same time with two slots free"
        expect(run.results, what).equals([False, True], because=because)

    races.every("heavy_scenes.HeavyJobs", 2, [3, 1], keeps=light_one_fits, kind="few")


@check(tier=3, section="§11")
def test_job_heavier_than_the_limit_is_refused(subject: Handle) -> None:
    """A job that costs more than the limit is refused like any other."""
    queue = subject.RateLimitedQueue(3)
    because = "the limit is 3, so a heavier job never fits; it is refused, without an exception and without waiting"
    for cost in (4, 1000):
        _expect_heavy(queue, cost, answer=False, when="with limit 3", because=because)
        expect_refused(queue.enqueue("alice", "job", cost=cost), f"enqueue(…, cost={cost}) with limit 3", because)
    expect(run_all(queue), "the jobs that ran").equals([], because="all of them were refused")
    expect_full_quota(queue, 3, "after jobs heavier than the limit", "refused jobs take no slot")


@check(tier=3, section="§11")
def test_bad_costs_are_refused(subject: Handle) -> None:
    """A cost that is not an int of 1 or more raises ValueError, and nothing changes."""
    queue = subject.RateLimitedQueue(2)
    for cost in NO_COSTS:
        for name, arguments in (("can_enqueue", ()), ("enqueue", ("job",))):
            with raises(
                "ValueError", because=f"{name}(…, cost={cost!r}) makes no sense: a cost is an int of 1 or more"
            ):
                getattr(queue, name)("alice", *arguments, cost=cost)
    expect(run_all(queue), "the jobs that ran").equals([], because="no job with a bad cost was admitted")
    expect_full_quota(queue, 2, "after calls with bad costs", "calls that raised ValueError take and give nothing")


@check(tier=3, section="§11")
def test_stats_count_slots(subject: Handle, clock: Clock) -> None:
    """The statistics count slots, not jobs."""
    clock.freeze()
    queue = subject.RateLimitedQueue(4)
    queue.can_enqueue("alice", cost=3)
    when = "after one job of cost 3, limit 4"
    expect(stat(queue, "jobs_this_minute"), f"'jobs_this_minute' {when}").equals(3, because="it holds three slots")
    expect(stat(queue, "remaining"), f"'remaining' {when}").equals(1, because="it holds three of four slots")
    because = "a job of cost 1 fits, and the statistics speak of such a job"
    expect(stat(queue, "can_enqueue"), f"'can_enqueue' {when}").is_true(because=because)
    expect(stat(queue, "retry_after"), f"'retry_after' {when}").equals(0, because=because)
    clock.advance(20)
    queue.can_enqueue("alice")
    because = "the slots of the job of cost 3 are the next to be free: it is 20 s old"
    expect(stat(queue, "remaining"), "'remaining' after jobs of cost 3 and 1").equals(0, because="4 of 4 are taken")
    what = "'retry_after' with a job of cost 3, 20 s old, and a new job of cost 1, limit 4"
    expect(stat(queue, "retry_after"), what).between(39.9, 41.1, because=because)


@check(tier=3, section="§12")
def test_every_rate_is_kept(subject: Handle, clock: Clock, rng: Random) -> None:
    """A job is admitted if every rate has room, and only then."""
    clock.freeze()
    rates = ((3, MINUTE), (5, 300), (rng.randint(7, 8), 900))
    queue = subject.RateLimitedQueue(3, extra_rates=list(rates[1:]))
    admitted: dict[str, list[int]] = {"alice": [], "bob": []}
    now = 0
    for _ in range(60):
        step = 7 * rng.choice((0, 0, 1, 1, 2, 15))  # multiples of 7: no job is ever exactly as old as a window is long
        clock.advance(step)
        now += step
        user = rng.choice(("alice", "alice", "alice", "bob"))
        counts = [sum(now - moment < seconds for moment in admitted[user]) for _, seconds in rates]
        room = all(count < limit for count, (limit, _) in zip(counts, rates, strict=True))
        held = ", ".join(
            f"{count} of {limit} in {seconds} s" for count, (limit, seconds) in zip(counts, rates, strict=True)
        )
        answer = queue.can_enqueue(user)
        because = "each rate looks at its own window, and all of them have to have room"
        expect(answer, f"can_enqueue({user!r}) at {now} s (jobs: {held})").equals(room, because=because)
        if room:
            admitted[user].append(now)


@check(tier=3, section="§12")
def test_refusal_takes_nothing_from_other_rates(subject: Handle, clock: Clock) -> None:
    """A job that one rate refuses takes nothing from the other rates."""
    clock.freeze()
    queue = subject.RateLimitedQueue(1, extra_rates=[(3, 3600)])
    for number in (1, 2, 3):
        when = f"for job number {number}, {60.5 * (number - 1):g} s after the first (1 in a minute, 3 in an hour)"
        because = "the jobs that the minute's rate refused must not count against the hour's"
        expect_answers(queue, [True, False, False, False], when, because)
        clock.advance(60.5)
    because = "three jobs of the last hour are all it allows"
    expect_answers(queue, [False, False], "181.5 s after the first of three jobs, three allowed in an hour", because)
    because = "the job that the hour's rate refused must not count in the minute"
    what = "'jobs_this_minute' when only the hour's rate refuses"
    expect(stat(queue, "jobs_this_minute"), what).equals(0, because=because)


@check(tier=3, section="§12")
def test_long_rates_outlive_short_ones(subject: Handle, clock: Clock) -> None:
    """Cleaning up keeps what the longest rate still needs, and nothing for longer."""
    clock.freeze()
    queue = subject.RateLimitedQueue(2, extra_rates=[(2, 3600), (2, 30)])
    expect_answers(queue, [True, True, False], "with 2 in a minute, in half a minute and in an hour", "limit 2")
    clock.advance(600)
    for number in range(10):
        queue.can_enqueue(f"visitor {number}")
    because = "she has no job in the last minute, but two in the last hour: she must not be forgotten yet"
    expect_answers(queue, [False], "10 minutes and 10 other users later", because)
    clock.advance(3000.5)
    because = "both of her jobs are more than an hour old"
    expect_answers(queue, [True, True, False], "60 minutes after her two jobs", because)


@check(tier=3, section="§12")
def test_stats_speak_of_all_rates(subject: Handle, clock: Clock) -> None:
    """The statistics tell the least that remains and the longest wait under all rates."""
    clock.freeze()
    queue = subject.RateLimitedQueue(3, extra_rates=[(4, 3600)])
    expect_answers(queue, [True] * 3, "with 3 in a minute and 4 in an hour", "both rates have room for three")
    because = "the minute's rate is used up, and its oldest job has just come"
    _expect_share(queue, 3, 0, (59.9, 61.1), "after three jobs (3 in a minute, 4 in an hour)", because)
    clock.advance(61)
    because = "the minute is empty again, but the hour has one slot left"
    _expect_share(queue, 0, 1, (0, 0), "61 s after three jobs (3 in a minute, 4 in an hour)", because)
    expect_answers(queue, [True], "61 s after three jobs", because)
    because = "one job in this minute; the hour is used up, and its oldest job leaves it in 3539 s"
    _expect_share(queue, 1, 0, (3538.9, 3540.1), "right after the fourth job (3 in a minute, 4 in an hour)", because)
    expect_answers(queue, [False], "right after the fourth job", because)


@check(tier=3, section="§12")
def test_bad_rates_are_refused(subject: Handle) -> None:
    """A rate that makes no sense raises ValueError when the queue is made."""
    for rate in NO_RATES:
        for rates in ([rate], [(20, 3600), rate]):
            because = "each pair of extra_rates needs an int of 1 or more and a positive, finite number of seconds"
            with raises("ValueError", because=because):
                subject.RateLimitedQueue(5, extra_rates=rates)
    queue = subject.RateLimitedQueue(5, extra_rates=[(20, 3600), (100, 86400.0)])
    expect_answers(queue, [True], "with two good extra rates", "20 in an hour and 100 in a day make sense")


@check(tier=3, section="§13")
def test_cost_does_not_grow_with_the_limit(races: Races) -> None:
    """A decision costs the same with a limit of 20 000 as with a limit of 10."""

    def about_the_same(run: RaceRun) -> None:
        for held, answer, ratio in run.seen:
            if ratio > 8:  # the promise is 5; what scans or copies 20 000 entries is far beyond both
                fail(
                    f"with a limit of 20 000 and {held:,} slots held, a call that was {answer} cost "
                    f"{ratio:.0f} times the processor time of one with a limit of 10",
                    expected="at most 5 times",
                    got=f"{ratio:.0f} times",
                    because="it looks at every entry of the user's list, or makes a new list of them, in each call",
                )

    races.every("cost_scenes.Decisions", keeps=about_the_same, kind="few")


def _expect_heavy(queue: Handle, cost: int, *, answer: bool, when: str, because: str) -> None:
    """Ask for several of alice's slots at once."""
    __tracebackhide__ = True
    expect(queue.can_enqueue("alice", cost=cost), f"can_enqueue('alice', cost={cost}) {when}").equals(
        answer, because=because
    )


def _expect_share(queue: Handle, used: int, remaining: int, wait: tuple[float, float], when: str, because: str) -> None:
    """Look at alice's statistics under a first rate of 3 and others."""
    __tracebackhide__ = True
    expected = {"limit": 3, "jobs_this_minute": used, "remaining": remaining, "can_enqueue": remaining > 0}
    for key, value in expected.items():
        expect(stat(queue, key), f"{key!r} {when}").equals(value, because=because)
    expect(stat(queue, "retry_after"), f"'retry_after' {when}").between(*wait, because=because)
