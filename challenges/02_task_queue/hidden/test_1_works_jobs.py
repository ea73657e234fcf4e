"""Tier 1 of the task queue: jobs wait, come out in order, and run once."""

from random import Random

from grader.testing import Clock, Handle, check, expect
from job_calls import MINUTE, expect_answers, run_all, stat, use_up


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
    expect(run_all(queue), "the jobs in the order they ran").equals(jobs, because=because)


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
    expect(run_all(queue), "the jobs that run_pending ran after that").equals(["third"], because=because)
    expect(queue.get(timeout=0), "get(timeout=0) after all that").is_none(because="all jobs have been taken")


@check(tier=1, section="§4")
def test_there_is_one_limit_for_both(subject: Handle) -> None:
    """Both enqueue and can_enqueue take their slots from one limit."""
    queue = subject.RateLimitedQueue(5)
    use_up(queue, 2)
    admitted = [queue.enqueue("alice", number) is not None for number in range(4)]
    because = "two of five slots were taken by can_enqueue; each enqueue takes exactly one more"
    what = "whether each of four enqueue calls got an id, after two of can_enqueue"
    expect(admitted, what).equals([True, True, True, False], because=because)
    expect_answers(queue, [False], "after that", "all five slots are taken")
    because = "jobs admitted by can_enqueue and by enqueue both count"
    expect(stat(queue, "jobs_this_minute"), "'jobs_this_minute' after that").equals(5, because=because)


@check(tier=1, section="§4")
def test_refused_job_never_runs(subject: Handle) -> None:
    """A refused job gets None instead of an id, and never runs."""
    queue = subject.RateLimitedQueue(2)
    ids = [queue.enqueue("alice", job) for job in ("one", "two", "three")]
    expect(ids[2], "the third enqueue with a limit of 2").is_none(because="the limit was used up")
    because = "a refused job is not stored: its caller was told no"
    expect(run_all(queue), "the jobs that ran").equals(["one", "two"], because=because)


@check(tier=1, section="§4")
def test_finished_job_keeps_its_slot(subject: Handle, clock: Clock) -> None:
    """A job that was run or taken keeps its slot until it has aged out."""
    clock.freeze()
    queue = subject.RateLimitedQueue(2)
    queue.enqueue("alice", "one")
    queue.enqueue("alice", "two")
    queue.get(timeout=0)
    run_all(queue)
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
        run_all(queue)
    for job_id in ids:
        expect(job_id, "an id returned by enqueue").is_a(str, because="an id is text")
    because = "user, job and time may all be the same, and earlier jobs may be gone: an id must still be new"
    expect(len(set(ids)), "the number of different ids of 20 jobs").equals(20, because=because)
