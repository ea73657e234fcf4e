"""Tier 2 of the task queue: a queue with a bound, what being full means and what it costs."""

from grader.testing import Handle, RaceRun, Races, check, expect, raises
from job_calls import expect_answers, run_all, stat


@check(tier=2, section="§7")
def test_full_queue_says_so(subject: Handle) -> None:
    """When max_queue_size jobs wait, enqueue raises QueueFull, whoever calls it."""
    queue = subject.RateLimitedQueue(5, max_queue_size=3)
    for user in ("alice", "bob", "alice"):
        because = "fewer than three jobs wait, and the user has slots left"
        expect(queue.enqueue(user, "job"), f"enqueue({user!r}) with space left").is_a(str, because=because)
    for user in ("alice", "carol"):
        with raises("QueueFull", because="three jobs of all users together wait, and max_queue_size is 3"):
            queue.enqueue(user, "too much")
    because = "can_enqueue stores nothing, so a full queue does not concern it"
    expect_answers(queue, [True], "with a full queue", because)
    because = "a job that got QueueFull was not stored"
    expect(run_all(queue), "the jobs that ran afterwards").equals(["job"] * 3, because=because)


@check(tier=2, section="§7")
def test_taken_jobs_make_room(subject: Handle) -> None:
    """A job that a worker has taken no longer counts as waiting."""
    queue = subject.RateLimitedQueue(20, max_queue_size=2)
    because = "the jobs before it were taken out, so there is space"

    def fill() -> None:
        for _ in range(2):
            expect(queue.enqueue("alice", "job"), "enqueue with space left").is_a(str, because=because)
        with raises("QueueFull", because="two jobs wait, and max_queue_size is 2"):
            queue.enqueue("alice", "too much")

    fill()
    queue.get(timeout=0)
    expect(queue.enqueue("alice", "job"), "enqueue after get took a job").is_a(str, because=because)
    run_all(queue)
    fill()

    def handler(_: object) -> None:
        stored.append(queue.enqueue("alice", "job from a handler") if len(stored) < 2 else None)

    stored: list[object] = []
    queue.run_pending(handler)
    because = "the job in the handler no longer waits, so there is space for one"
    expect(stored[0], "enqueue from within the handler of the first job").is_a(str, because=because)


@check(tier=2, section="§7")
def test_full_queue_costs_no_slot(subject: Handle, races: Races) -> None:
    """QueueFull takes no slot, not even for a moment."""
    queue = subject.RateLimitedQueue(2, max_queue_size=1)
    queue.enqueue("bob", "job")
    for _ in range(3):
        with raises("QueueFull", because="one job waits, and max_queue_size is 1"):
            queue.enqueue("alice", "too much")
    because = "no job of alice's was stored, so none of her slots is used"
    expect(stat(queue, "remaining"), "'remaining' after three times QueueFull, limit 2").equals(2, because=because)
    expect_answers(queue, [True, True, False], "after three times QueueFull, limit 2", because)

    def slot_is_there(run: RaceRun) -> None:
        because = "bob's job waits and max_queue_size is 1; None is right as well once alice has used her slot"
        expect(run.results[0], "enqueue('alice') with a full queue").is_one_of("QueueFull", "refused", because=because)
        because = "the job that found no space had taken her slot for a moment: look for space first, then take a slot"
        expect(run.results[1], "can_enqueue('alice') at the same time, limit 1").is_true(because=because)

    races.every("slot_scenes.FullForAlice", keeps=slot_is_there, kind="few")


@check(tier=2, section="§7")
def test_space_for_one_goes_to_one(races: Races) -> None:
    """When two threads meet over space for one job, one stores it and the other gets QueueFull."""

    def one_is_stored(run: RaceRun) -> None:
        because = "looking for space and storing the job need to be one step, under one lock"
        what = "what the two calls of enqueue led to, with max_queue_size=1"
        expect(sorted(run.results), what).equals(["QueueFull", "stored"], because=because)
        expected = [int(result == "stored") for result in run.results]
        because = "the one who got QueueFull loses no slot"
        expect(run.seen, "the slots that alice and bob hold afterwards").equals(expected, because=because)

    races.every("slot_scenes.SpaceForOne", keeps=one_is_stored, kind="few")
