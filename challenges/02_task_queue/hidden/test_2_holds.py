"""Tier 2 of the task queue: slots under many threads, slow callers, and a wall clock that jumps."""

from grader.testing import Clock, Handle, Process, RaceRun, Races, check, expect
from job_calls import expect_answers, stat, use_up


@check(tier=2, section="§5")
def test_last_slot_goes_to_one(races: Races) -> None:
    """When two threads ask for the last slot, exactly one of them gets it."""

    def one_gets_it(run: RaceRun) -> None:
        admitted = run.results.count(True)
        because = "both looked before either had written its job down: these two steps need to be one, under a lock"
        expect(admitted, "the number of callers who got the last slot").at_most(1, because=because)
        because = "a slot was free, and one of the two came first"
        expect(admitted, "the number of callers who got the last slot").at_least(1, because=because)
        because = "what was admitted has to be written down, whoever else comes at that moment"
        expect(run.seen["used"], "'jobs_this_minute' afterwards").equals(limit, because=because)

    limit = 1
    races.every("slot_scenes.LastSlot", 0, ["ask", "ask"], keeps=one_gets_it, kind="lines")
    limit = 2
    races.every("slot_scenes.LastSlot", 1, ["ask", "send"], keeps=one_gets_it, kind="few")


@check(tier=2, section="§5")
def test_stats_are_of_one_moment(races: Races) -> None:
    """The statistics show one moment, also while another thread is being admitted."""

    def numbers_fit(run: RaceRun) -> None:
        stats, admitted = run.results
        expect(admitted, "can_enqueue('alice') with one of two slots used").is_true(because="a slot was free")
        before = {"jobs_this_minute": 1, "remaining": 1, "can_enqueue": True, "has to wait": False}
        after = {"jobs_this_minute": 2, "remaining": 0, "can_enqueue": False, "has to wait": True}
        because = (
            "some numbers were read before the other thread was admitted, others after it: read them under the lock"
        )
        expect(stats, "get_user_stats('alice') at that moment").is_one_of(before, after, because=because)

    races.every("slot_scenes.LookWhileAdmitted", keeps=numbers_fit, kind="few")


@check(tier=2, section="§5")
def test_cleaning_up_keeps_slots_in_use(races: Races) -> None:
    """Cleaning up never removes a slot that is being taken at that moment."""

    def slots_stay(run: RaceRun) -> None:
        because = "both of her slots had aged out"
        expect(run.results[0], "alice's two calls of can_enqueue, limit 2").equals([True, True], because=because)
        because = "another call looked at alice, found her idle, and removed her when she no longer was"
        expect(run.seen, "can_enqueue('alice') for a third job").is_false(because=because)

    races.every("slot_scenes.SweptMeanwhile", keeps=slots_stay, kind="few")


@check(tier=2, section="§5")
def test_slow_handler_holds_up_nobody(races: Races) -> None:
    """While the handler of one user's job runs, other users are served."""

    def nobody_waited(run: RaceRun) -> None:
        because = (
            "the lock is held while the handler runs: take the job out under the lock, call the handler without it"
        )
        expect(run.seen, "whether other users' calls waited for alice's handler").is_false(because=because)

    races.every("slot_scenes.SlowHandler", keeps=nobody_waited, kind="few")


@check(tier=2, section="§5")
def test_slow_clock_holds_up_nobody(races: Races) -> None:
    """While the clock takes long in one user's call, other users are served."""

    def nobody_waited(run: RaceRun) -> None:
        because = "the clock is read while a lock is held that other users need: read it before"
        what = f"whether other users' calls waited for the clock in {way}('alice')"
        expect(run.seen, what).is_false(because=because)

    for way in ("can_enqueue", "enqueue", "get_user_stats"):
        races.every("slot_scenes.SlowClock", way, keeps=nobody_waited, kind="few")


@check(tier=2, section="§6", fresh=True)
def test_wall_clock_may_jump(subject: Handle, process: Process, clock: Clock) -> None:
    """A wall clock that jumps frees no slot early and locks nobody out."""
    queue = subject.RateLimitedQueue(2)
    use_up(queue, 2)
    because = "the jobs are as old as before: ages must come from time.monotonic, which never jumps"
    for jump, when in ((3600, "when the wall clock jumped an hour ahead"), (-7200, "when it jumped back again")):
        process.step_wall_clock(jump)
        expect_answers(queue, [False], when, because)
        expect(stat(queue, "jobs_this_minute"), f"'jobs_this_minute' {when}").equals(2, because=because)
        expect(stat(queue, "retry_after"), f"'retry_after' {when}").between(0, 60, because=because)
    clock.advance(60.5)
    because = "both jobs have left the window, whatever the wall clock says"
    expect_answers(queue, [True, True, False], "60.5 s after two jobs, the wall clock an hour behind", because)
