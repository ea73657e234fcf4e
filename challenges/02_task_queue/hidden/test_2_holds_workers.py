"""Tier 2 of the task queue: fair turns, jobs that fail, workers that wait."""

from random import Random

from grader.testing import Handle, Process, RaceRun, Races, check, expect
from job_calls import expect_answers, run_all


@check(tier=2, section="§10")
def test_users_take_turns(subject: Handle, rng: Random) -> None:
    """Users with waiting jobs take turns, each user's own jobs in order."""
    counts = {"alice": 5, "bob": rng.randint(1, 2), "carol": rng.randint(3, 4)}
    for way in ("run_pending", "get"):
        queue = subject.RateLimitedQueue(10)
        for user, jobs in counts.items():
            for number in range(jobs):
                queue.enqueue(user, f"{user} {number + 1}")
        order = run_all(queue) if way == "run_pending" else _get_all(queue, sum(counts.values()))
        what = f"the jobs in the order they came from {way}"
        for user, jobs in counts.items():
            own = [job for job in order if str(job).startswith(user)]
            expected = [f"{user} {number + 1}" for number in range(jobs)]
            expect(own, f"{user}'s jobs in the order they came from {way}").equals(
                expected, because="first in, first out"
            )
        left = dict(counts)
        while any(left.values()):
            waiting = {user for user, jobs in left.items() if jobs}
            turn = [str(job).split()[0] for job in order[: len(waiting)]]
            because = (
                f"{', '.join(sorted(waiting))} had jobs waiting, so each of them gets one turn before anyone gets two"
            )
            expect(order, what).satisfies(set(turn) == waiting, "an order in which users take turns", because=because)
            order = order[len(waiting) :]
            left = {user: max(0, jobs - 1) for user, jobs in left.items()}


@check(tier=2, section="§10")
def test_newcomer_comes_second_at_most(subject: Handle) -> None:
    """A user who joins late waits for one turn, not for another's backlog."""
    for taken in (0, 2):
        queue = subject.RateLimitedQueue(10)
        for number in range(6):
            queue.enqueue("alice", f"alice {number + 1}")
        for _ in range(taken):
            queue.get(timeout=0)
        queue.enqueue("bob", "bob 1")
        order = run_all(queue)
        what = f"the jobs that ran when alice had {6 - taken} jobs waiting and bob added one"
        because = "alice has had her turn when one of her jobs was taken; then it is bob's"
        expect(order, what).satisfies("bob 1" in order[:2], "bob's job first or second", because=because)


@check(tier=2, section="§10")
def test_failing_job_fails_alone(subject: Handle) -> None:
    """A handler that raises fails its own job only."""
    queue = subject.RateLimitedQueue(4)
    for job in ("first", "bad", "third", "bad too"):
        queue.enqueue("alice", job)
    handled: list[object] = []

    def handler(queued: tuple[str, str, str]) -> None:
        handled.append(queued[2])
        if queued[2].startswith("bad"):
            message = "this picture is broken"
            raise ValueError(message)

    because = "a failed job counts as run"
    expect(queue.run_pending(handler), "run_pending with two jobs of four failing").equals(4, because=because)
    because = "the jobs behind a failing one run as well, and none runs twice"
    expect(handled, "the jobs that reached the handler").equals(["first", "bad", "third", "bad too"], because=because)
    expect(queue.run_pending(handler), "run_pending, called again").equals(0, because="a failed job is not run again")
    because = "a failed job keeps its slot, or a user whose jobs always fail has no limit"
    expect_answers(queue, [False], "after four jobs, two of which failed, limit 4", because)


@check(tier=2, section="§10")
def test_failing_job_is_logged(subject: Handle, process: Process) -> None:
    """A failing job is logged, not swallowed."""
    queue = subject.RateLimitedQueue()
    process.logged()

    def handler(_: object) -> None:
        message = "no space left on device"
        raise OSError(message)

    queue.enqueue("alice", "job")
    queue.run_pending(handler)
    records = process.logged()
    loud = [record for record in records if record[0] in ("WARNING", "ERROR", "CRITICAL")]
    because = "nobody would ever learn that the job failed; logger.exception(...) in the except block tells"
    expect(records, "what was logged when a handler raised OSError").satisfies(
        bool(loud), "a record of level WARNING or higher", because=because
    )


@check(tier=2, section="§10")
def test_interrupts_are_let_through(races: Races) -> None:
    """KeyboardInterrupt and SystemExit end run_pending, and the other jobs keep waiting."""

    def let_through(run: RaceRun) -> None:
        because = "except BaseException, or a bare except, also stops Ctrl-C; catch Exception"
        expect(run.results[0], f"a {interrupt} in the first of three jobs").equals("let through", because=because)
        because = "jobs that were not started stay in the queue"
        expect(run.seen, "the jobs that wait afterwards").equals(["second", "third"], because=because)

    for interrupt in ("KeyboardInterrupt", "SystemExit"):
        races.every("worker_scenes.Interrupted", interrupt, keeps=let_through, kind="few")


@check(tier=2, section="§10")
def test_job_goes_to_one_worker(races: Races) -> None:
    """A job goes to exactly one of the workers that ask for it."""

    def one_gets_it(run: RaceRun) -> None:
        because = "looking whether a job waits and taking it out need to be one step, under one lock"
        expect(run.seen, "what two workers got when one job waited").equals(["job"], because=because)
        expect(sum(run.results), "the number of jobs they were told").equals(1, because=because)

    races.every("worker_scenes.OneJobTwoWorkers", "get", "get", keeps=one_gets_it, kind="few")
    races.every("worker_scenes.OneJobTwoWorkers", "run_pending", "get", keeps=one_gets_it, kind="few")


@check(tier=2, section="§10")
def test_job_wakes_a_waiting_get(races: Races) -> None:
    """A waiting get returns as soon as there is a job for it."""

    def both_got_one(run: RaceRun) -> None:
        got = sorted(str(result[0]) for result in run.results[:2])
        expect(got, "what two waiting gets returned").equals(["one", "two"], because="two jobs came")
        because = (
            "it slept on although a job was there: each new job has to wake one get, also when another job waits "
            "already, and a get must not fall asleep between its look and its wait"
        )
        late = [result[1] for result in run.results[:2]]
        expect(late, "whether the two waiting gets returned late").equals([False, False], because=because)

    races.every("worker_scenes.TwoWaitForTwo", keeps=both_got_one, kind="few")

    def got_it(run: RaceRun) -> None:
        because = "the job came while get was waiting, or just before"
        expect(run.results[0][0], "get() without a time-out").equals("job", because=because)

    races.every("worker_scenes.WokenByJob", None, keeps=got_it, kind="few")


@check(tier=2, section="§10")
def test_waiting_get_gives_up_in_time(races: Races) -> None:
    """A waiting get returns None when its time is up, and not before."""

    def when_time_is_up(run: RaceRun) -> None:
        expect(run.results[0][0], "get(timeout=5) when no job comes").is_none(because="there was no job")
        because = "it waits as long as it was told to"
        expect(run.results[0][1], "the seconds that get(timeout=5) waited for nothing").equals(5, because=because)

    races.every("worker_scenes.NothingComes", keeps=when_time_is_up, kind="few")

    def patient(run: RaceRun) -> None:
        job, waited = run.results[0]
        taken = [job, run.results[2][0]]
        expect(taken.count("job"), "how often the one job was handed out").at_most(1, because="one worker gets it")
        if job is None:
            because = "it was woken for a job that another worker took first; then it has to go on waiting"
            expect(waited, "whether get(timeout=5) waited its 5 seconds").is_true(because=because)

    races.every("worker_scenes.SnatchedAway", keeps=patient, kind="few")


@check(tier=2, section="§10")
def test_waiting_get_sleeps(races: Races) -> None:
    """A waiting get sleeps until it is woken; it does not look again and again."""

    def few_steps(run: RaceRun) -> None:
        steps = sum(step[0] == 0 for step in run.trace)
        because = "it looks again and again whether a job has come; wait on a threading.Condition instead"
        expect(steps, f"the number of your lines that a get ran while it waited {how}").at_most(100, because=because)

    for pauses, story in (([0.0] * 3, "for its turn"), ([5.0], "for 5 seconds")):
        how = story
        races.every("worker_scenes.LongWait", pauses, keeps=few_steps, kind="few")


def _get_all(queue: Handle, number: int) -> list[object]:
    taken = [queue.get(timeout=0) for _ in range(number)]
    return [queued if queued is None else queued[2] for queued in taken]
