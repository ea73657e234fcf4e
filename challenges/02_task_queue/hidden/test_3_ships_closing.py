"""Tier 3 of the task queue: closing it without losing a job."""

from grader.testing import Handle, RaceRun, Races, check, expect, raises
from job_calls import expect_answers, expect_id, expect_ran, stat


@check(tier=3, section="§14")
def test_closed_queue_takes_nothing(subject: Handle) -> None:
    """A closed queue admits nobody and uses up no slot."""
    queue = subject.RateLimitedQueue(3)
    queue.can_enqueue("alice")
    queue.close()
    for user, used in (("alice", 1), ("bob", 0)):
        expect_answers(queue, [False], "after close()", "a closed queue admits nobody", user=user)
        with raises("QueueClosed", because="enqueue has to tell a closed queue (QueueClosed) from a full limit (None)"):
            queue.enqueue(user, "too late")
        because = "the statistics say what can_enqueue would answer: a closed queue admits nobody"
        expect(stat(queue, "can_enqueue", user), f"{user}'s 'can_enqueue' after close()").is_false(because=because)
        because = "a job that comes after close() uses up nothing"
        expect(stat(queue, "jobs_this_minute", user), f"{user}'s 'jobs_this_minute' after close()").equals(
            used, because=because
        )


@check(tier=3, section="§14")
def test_close_returns_what_never_started(subject: Handle) -> None:
    """Closing returns the jobs that never started, each user's in order, and takes them out."""
    queue = subject.RateLimitedQueue(9)
    ids: dict[str, list[object]] = {"alice": [], "bob": []}
    for user, job in (("alice", "a1"), ("alice", "a2"), ("bob", "b1"), ("alice", "a3"), ("bob", "b2")):
        ids[user].append(queue.enqueue(user, job))
        expect_id(ids[user][-1], "enqueue on a new queue", "nobody has used this queue yet")
    first = queue.get(timeout=0)
    left = queue.close()
    what = "what close() returned with four jobs waiting"
    expect(left, what).is_a(list, because="the spec promises a list, also when nothing waits")
    for user, jobs in (("alice", ["a1", "a2", "a3"]), ("bob", ["b1", "b2"])):
        waiting = [(job_id, user, job) for job_id, job in zip(ids[user], jobs, strict=True)]
        own = [job for job in left if isinstance(job, tuple) and job[1:2] == (user,)]
        because = "they are the QueuedJobs that no worker took, with id, user id and job, first in, first out"
        expect(own, f"{user}'s jobs in {what}").equals([job for job in waiting if job != first], because=because)
    expect(len(left), f"the number of jobs in {what}").equals(4, because="five were stored, and get took one")
    because = "close() handed the jobs to its caller: they must not run as well"
    expect(queue.get(timeout=0), "get(timeout=0) after close()").is_none(because=because)
    expect_ran(queue, lambda _: None, 0, "after close()", because)
    expect(queue.close(), "what a second close() returned").equals([], because="closing twice is harmless")


@check(tier=3, section="§14")
def test_close_waits_for_running_jobs(races: Races) -> None:
    """When close returns no handler runs, and each job either has run or is returned."""

    def each_job_once(run: RaceRun) -> None:
        ran, closed = run.results
        because = (
            "a worker had taken a job, and close did not know of it: take it out and count it as running in one step"
        )
        expect(closed["in a handler"], "the number of handlers that ran when close() returned").equals(
            0, because=because
        )
        what = "the jobs that had run when close() returned, and those it returned"
        expect(closed["had run"] + closed["returned"], what).equals(["first", "second", "third"], because=because)
        because = "run_pending returns how many jobs it ran, also when the queue is closed meanwhile"
        expect(ran, "what run_pending returned").equals(len(closed["had run"]), because=because)
        because = "once the queue is closed no further job starts"
        expect(run.seen, "the jobs that ran in the end").equals(closed["had run"], because=because)

    races.every("closing_scenes.ClosedAtWork", keeps=each_job_once, kind="few")

    def first_one_only(run: RaceRun) -> None:
        seconds, returned = run.results[1]
        because = "it waits for the handler that runs, and as long as that takes"
        expect(seconds, "the seconds that close() took while a handler ran for 3 more").equals(3, because=because)
        because = "close was called while the first of three jobs ran: the jobs behind it do not start"
        expect(run.seen, "the jobs that ran").equals(["first"], because=because)
        expect(returned, "what close() returned").equals(["second", "third"], because=because)

    races.every("closing_scenes.ClosedMeanwhile", 3, None, keeps=first_one_only, kind="few")


@check(tier=3, section="§14")
def test_close_gives_up_in_time(races: Races) -> None:
    """Closing waits no longer than its time-out, and returns the waiting jobs also then."""

    def in_time(run: RaceRun) -> None:
        seconds, returned = run.results[1]
        because = "it waits for the handler, but no longer than it was told to"
        expect(seconds, "the seconds that close(timeout=5) took while a handler ran for 9").equals(5, because=because)
        because = "the jobs that never started are returned also if time runs out"
        expect(returned, "what close(timeout=5) returned").equals(["second", "third"], because=because)
        because = "the job that ran may end, but the jobs behind it do not start"
        expect(run.seen, "the jobs that ran in the end").equals(["first"], because=because)
        expect(run.results[0], "what run_pending returned").equals(1, because=because)

    races.every("closing_scenes.ClosedMeanwhile", 9, 5, keeps=in_time, kind="few")


@check(tier=3, section="§14")
def test_failed_jobs_do_not_hold_up_closing(races: Races) -> None:
    """Closing waits neither for jobs that failed nor for jobs that get handed out."""

    def at_once(run: RaceRun) -> None:
        what = "the seconds that close(timeout=60) took when three jobs had failed and get had handed out another"
        because = "a job that failed no longer runs, and nobody tells the queue how a job ended that get handed out"
        expect(run.results[0], what).equals(0, because=because)

    races.every("closing_scenes.ClosedAfterwards", keeps=at_once, kind="few")


@check(tier=3, section="§14")
def test_close_wakes_every_get(races: Races) -> None:
    """Closing sends home every worker that waits for a job, and those who come later."""

    def all_went_home(run: RaceRun) -> None:
        for number, (job, late) in enumerate(run.results[:2], 1):
            what = f"get number {number} of two, with close() at the same time"
            expect(job, what).is_none(because="no job came")
            because = "close has to wake all of them, and a get that finds the queue closed must not wait"
            expect(late, f"whether {what}, returned late").is_false(because=because)
        because = "nothing can come any more, so there is nothing to wait for"
        expect(run.seen, "what get(timeout=60) on a closed queue returned, and whether late").equals(
            [None, False], because=because
        )

    races.every("closing_scenes.TwoSentHome", keeps=all_went_home, kind="few")


@check(tier=3, section="§14")
def test_no_job_is_lost_in_closing(races: Races) -> None:
    """A job that was admitted while another thread closes the queue is not lost."""

    def stored_or_refused(run: RaceRun) -> None:
        sent, returned = run.results
        because = "looking whether the queue is closed and storing the job need to be one step, under one lock"
        if sent == "closed":
            expect(returned, "what close() returned when enqueue raised QueueClosed").equals([], because=because)
        else:
            what = f"what close() returned when enqueue's answer was: {sent}"
            expect((sent, returned), what).equals(("stored", ["job"]), because=because)
        because = "a job that was stored holds a slot, one that got QueueClosed holds none"
        expect(run.seen, f"alice's 'jobs_this_minute' when enqueue's answer was: {sent}").equals(
            int(sent == "stored"), because=because
        )

    races.every("closing_scenes.SentWhileClosing", keeps=stored_or_refused, kind="few")
