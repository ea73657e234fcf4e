"""Tier 1 of the task queue: jobs wait, come out in order, and run once."""

import threading
from random import Random

from grader.testing import Clock, Handle, RaceRun, Races, check, expect
from job_calls import (
    MINUTE,
    Picture,
    expect_answers,
    expect_id,
    expect_queued,
    expect_ran,
    expect_refused,
    job_of,
    run_all,
    send,
    stat,
    use_up,
)


@check(tier=1, section="§4")
def test_job_is_run_once(subject: Handle, rng: Random) -> None:
    """An enqueued job waits until run_pending hands it to the handler, once."""
    queue = subject.RateLimitedQueue()
    job = {"picture": f"cat-{rng.randint(1, 999)}.png", "sizes": [64, 256]}
    handled: list[object] = []

    def handler(queued: object) -> None:
        handled.append(queued)

    expect_ran(queue, handler, 0, "with no job waiting", "nothing ran")
    job_id = queue.enqueue("alice", job)
    expect_id(job_id, "the id returned by enqueue('alice', job)", "nobody has used this queue yet: a slot is free")
    expect(handled, "what the handler got before run_pending").equals([], because="enqueue only stores jobs")
    expect_ran(queue, handler, 1, "with one job waiting", "one job waited, so it runs one")
    because = "each job goes to the handler once, before run_pending returns"
    expect(len(handled), "the number of times the handler was called for one job").equals(1, because=because)
    because = "the handler gets one QueuedJob: the id that enqueue returned, the user id, and the job as it was given"
    expect_queued(handled[0], (job_id, "alice", job), "what the handler got", because)
    expect_ran(queue, handler, 0, "called again", "a job that was run no longer waits")


@check(tier=1, section="§4")
def test_handlers_run_in_the_calling_thread(subject: Handle) -> None:
    """Jobs run one after the other, in the thread that called run_pending."""
    queue = subject.RateLimitedQueue()
    here = threading.get_ident()  # a call back from the thread that is called from here is served by this thread
    own: list[bool] = []

    def handler(_: object) -> None:
        own.append(threading.get_ident() == here)

    send(queue, "first", "second", "third")
    queue.run_pending(handler)
    because = "it came back before the handlers had: it calls them itself, one after the other, without new threads"
    expect(len(own), "the number of three jobs whose handler was called when run_pending returned").equals(
        3, because=because
    )
    because = "run_pending started threads, or a pool of them; it has to call handler(queued) itself"
    expect(own, "whether each of three handlers ran in the thread that called run_pending").equals(
        [True] * 3, because=because
    )


@check(tier=1, section="§4")
def test_jobs_run_in_order(subject: Handle) -> None:
    """A user's jobs run in the order they were enqueued."""
    queue = subject.RateLimitedQueue()
    jobs = ["first", "second", "third", "fourth"]
    send(queue, *jobs)
    because = "who comes first is served first, and run_pending goes on until no job waits"
    expect(run_all(queue), "the jobs in the order they ran").equals(jobs, because=because)


@check(tier=1, section="§4")
def test_get_takes_the_job_out(subject: Handle) -> None:
    """A job handed out by get is no longer in the queue."""
    queue = subject.RateLimitedQueue()
    expect(queue.get(timeout=0), "get(timeout=0) on an empty queue").is_none(because="no job waits")
    jobs = ("first", "second", "third")
    waiting = [(job_id, "alice", job) for job_id, job in zip(send(queue, *jobs), jobs, strict=True)]
    because = "each call takes out the oldest job, as a QueuedJob: id, user id, job"
    expect_queued(queue.get(timeout=0), waiting[0], "get(timeout=0) with three jobs waiting", because)
    expect_queued(queue.get(timeout=0), waiting[1], "the second get(timeout=0)", because)
    because = "the first two jobs were handed out by get, so only the third still waits"
    expect(run_all(queue), "the jobs that run_pending ran after that").equals(["third"], because=because)
    expect(queue.get(timeout=0), "get(timeout=0) after all that").is_none(because="all jobs have been taken")


@check(tier=1, section="§4")
def test_there_is_one_limit_for_both(subject: Handle) -> None:
    """Both enqueue and can_enqueue take their slots from one limit."""
    queue = subject.RateLimitedQueue(5)
    use_up(queue, 2)
    because = "two of five slots were taken by can_enqueue; each enqueue takes exactly one more"
    for number in (1, 2, 3):
        what = f"enqueue number {number} after two calls of can_enqueue, limit 5"
        expect_id(queue.enqueue("alice", number), what, because)
    what = "enqueue number 4 after two calls of can_enqueue, limit 5"
    expect_refused(queue.enqueue("alice", 4), what, because)
    expect_answers(queue, [False], "after that", "all five slots are taken")
    because = "jobs admitted by can_enqueue and by enqueue both count"
    expect(stat(queue, "jobs_this_minute"), "'jobs_this_minute' after that").equals(5, because=because)


@check(tier=1, section="§4")
def test_refused_job_never_runs(subject: Handle) -> None:
    """A refused job gets None instead of an id, and never runs."""
    queue = subject.RateLimitedQueue(2)
    send(queue, "one", "two")
    expect_refused(queue.enqueue("alice", "three"), "the third enqueue with a limit of 2", "the limit was used up")
    because = "a refused job is not stored: its caller was told no"
    expect(run_all(queue), "the jobs that ran").equals(["one", "two"], because=because)


@check(tier=1, section="§4")
def test_finished_job_keeps_its_slot(subject: Handle, clock: Clock) -> None:
    """A job that was run or taken keeps its slot until it has aged out."""
    clock.freeze()
    queue = subject.RateLimitedQueue(2)
    send(queue, "one", "two")
    queue.get(timeout=0)
    run_all(queue)
    because = "the limit is about jobs per minute, not about jobs that wait or run"
    third = queue.enqueue("alice", "three")
    expect_refused(third, "enqueue when both earlier jobs are done, limit 2", because)
    clock.advance(MINUTE + 0.5)
    expect_id(queue.enqueue("alice", "four"), "enqueue 60.5 s later", "both slots are free")


@check(tier=1, section="§4")
def test_ids_are_unique(subject: Handle, clock: Clock) -> None:
    """No two jobs of a queue have the same id, even if they look alike."""
    clock.freeze()
    queue = subject.RateLimitedQueue(10)
    ids: list[object] = []
    for _ in range(2):
        ids += [queue.enqueue(user, "same job") for user in ("alice", "bob") * 5]
        run_all(queue)
    for job_id in ids:
        expect_id(job_id, "an id returned by enqueue", "each user has ten slots here and used no more")
    because = "user, job and time may all be the same, and earlier jobs may be gone: an id must still be new"
    expect(len(set(ids)), "the number of different ids of 20 jobs").equals(20, because=because)


@check(tier=1, section="§4")
def test_job_arrives_as_given(subject: Handle) -> None:
    """A job may be any value, and the worker receives it as it was given."""
    queue = subject.RateLimitedQueue(100)
    picture = Picture()
    for way in ("run_pending", "get"):
        for job in (None, 0, "", (64, 256), {1: ["a", ("b",)]}, picture):
            queue.enqueue("alice", job)
            got = run_all(queue) if way == "run_pending" else _taken(queue)
            named = "an object" if job is picture else repr(job)
            what = f"the list of jobs that came from {way} after enqueue('alice', {named})"
            if not got:
                because = "None, 0 and '' are jobs like all others: ask whether a job waits, not whether it is true"
                expect(got, what).equals([job], because=because)
            because = "the queue hands on what it was given: no copy of it, no JSON, no str"
            if job is picture:
                expect(got, what).satisfies(
                    len(got) == 1 and got[0] is picture, "a list of the very same object", because=because
                )
            else:
                expect(got, what).equals([job], because=because)


@check(tier=1, section="§4")
def test_workers_get_named_fields(races: Races) -> None:
    """A worker can read a job by the names id, user_id and job."""

    def by_name(run: RaceRun) -> None:
        ids, got = run.seen
        because = "it needs these names, as in the stub's QueuedJob: queued.user_id does not work on a plain tuple"
        expected = [{"id": ids[at], "user_id": "alice", "job": job} for at, job in enumerate(("first", "second"))]
        for way, fields, fits in zip(("get returned", "run_pending gave to the handler"), got, expected, strict=False):
            expect(fields, f"the named fields of what {way}").equals(fits, because=because)
        because = "one of two jobs was taken with get, the other was left for run_pending"
        expect(len(got), "the number of jobs that the worker got").equals(2, because=because)

    races.every("job_scenes.NamesOfFields", keeps=by_name, kind="few")


def _taken(queue: Handle) -> list[object]:
    queued = queue.get(timeout=0)
    return [] if queued is None else [job_of(queued)]
