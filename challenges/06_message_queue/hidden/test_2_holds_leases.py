"""Tier 2 of the message queue: workers that die or come late, and what a dead letter tells about it."""

from pathlib import Path

from grader.testing import Another, Clock, Handle, attr, check, expect, fail, raises
from queue_handlers import Gate, InBackground, Recorder, always, dead_letters, expect_number, numbers, run


class Interrupted:
    """A handler in which Ctrl-C is pressed, or that calls sys.exit(), at its first message."""

    def __init__(self, interrupt: type[BaseException]) -> None:
        self.seen: list[str] = []
        self._interrupt = interrupt

    def handle(self, data: str) -> None:
        """Record the data; at the first one, be interrupted."""
        self.seen.append(data)
        if len(self.seen) == 1:
            raise self._interrupt("stop here")


@check(tier=2, section="§8")
def test_a_leased_message_is_nobody_elses(subject: Handle, clock: Clock, in_background: InBackground) -> None:
    """While a worker has a message, no other gets it; when its lease is over, another does."""
    clock.freeze()
    queue = subject.MessageQueue(visibility_timeout=30, max_retries=5, backoff_base=0)
    gate, other = Gate(), Recorder()
    queue.enqueue("slow")
    expect(gate.hold(in_background, queue), "whether the first worker got the message").is_true()
    for seconds in (0, 20):
        clock.advance(seconds)
        run(queue, other.handle)
        expect(other.seen, f"what a second worker got after {seconds} s of a lease of 30 s").equals(
            [], because="while the lease runs, nobody else gets the message"
        )
    clock.advance(11)
    run(queue, other.handle)
    expect(other.seen, "what a second worker got when the lease of 30 s was over").equals(
        ["slow"], because="nobody can tell a slow worker from a dead one: when the lease is over, the message is ready"
    )
    gate.open()


@check(tier=2, section="§8")
def test_a_late_success_changes_nothing(subject: Handle, clock: Clock, in_background: InBackground) -> None:
    """A worker that succeeds after its lease does not take the message from the one who has it now."""
    late, present = Gate(), Gate()
    queue = _taken_twice(subject, clock, in_background, late, present)
    keys = ("messages_processed", "messages_failed", "in_flight", "main_queue_size")
    before = numbers(queue, *keys)
    returned = late.open()
    because = "the first worker's lease is over: compare its receipt with the present one before you believe its report"
    expect(numbers(queue, *keys), "get_stats() after the late success, while the second worker has the message").equals(
        before, because=because
    )
    expect_number(returned, "what the late worker's process_messages returned", 0, more=because)
    expect_number(
        present.open(), "what the second worker's process_messages returned", 1,
        less="the message was the second worker's, and it succeeded",
    )  # fmt: skip
    expect(numbers(queue, "messages_processed", "in_flight"), "get_stats() in the end").equals(
        {"messages_processed": 1, "in_flight": 0}, because="one message was completed, once"
    )


@check(tier=2, section="§8")
def test_a_late_failure_changes_nothing(subject: Handle, clock: Clock, in_background: InBackground) -> None:
    """A worker that fails after its lease does not make the message ready again for others."""
    late, present = Gate(error=OSError("too late")), Gate()
    queue = _taken_twice(subject, clock, in_background, late, present)
    keys = ("messages_failed", "messages_dead_lettered", "in_flight", "main_queue_size", "delayed")
    before = numbers(queue, *keys)
    late.open()
    expect(numbers(queue, *keys), "get_stats() after the late failure, while the second worker has the message").equals(
        before,
        because="the lease that ran out was the failure; the late report is about a message that is now another's",
    )
    expect_number(
        present.open(), "what the second worker's process_messages returned", 1,
        less="the message was the second worker's, and it succeeded",
    )  # fmt: skip


@check(tier=2, section="§8")
def test_a_lost_lease_shows_in_the_numbers(subject: Handle, clock: Clock, in_background: InBackground) -> None:
    """A lease that ran out counts as a failed attempt, as soon as somebody asks for the numbers."""
    queue = subject.MessageQueue(visibility_timeout=30, max_retries=2, backoff_base=1000, jitter=False)
    gate = Gate()
    queue.enqueue("slow")
    expect(gate.hold(in_background, queue), "whether the worker got the message").is_true()
    clock.advance(31)
    expect(numbers(queue, "messages_failed", "in_flight", "main_queue_size", "delayed"), "get_stats() then").equals(
        {"messages_failed": 1, "in_flight": 0, "main_queue_size": 1, "delayed": 0},
        because="an attempt that never came back has failed, and its message is ready again without a further wait",
    )
    gate.open()


@check(tier=2, section="§8")
def test_an_interrupt_is_let_through(subject: Handle, clock: Clock) -> None:
    """SystemExit and KeyboardInterrupt end process_messages, and no message is lost with them."""
    for interrupt in (SystemExit, KeyboardInterrupt):
        queue = subject.MessageQueue(visibility_timeout=30, backoff_base=0)
        handler = Interrupted(interrupt)
        for data in ("first", "second", "third"):
            queue.enqueue(data)
        because = "`except BaseException` and a bare `except` also stop Ctrl-C: catch Exception"
        with raises(interrupt.__name__, because=because):
            queue.process_messages(handler.handle, until_idle=True)
        clock.advance(31)
        queue.process_messages(handler.handle, until_idle=True)
        expect(
            sorted(handler.seen), f"what was delivered before and 31 s after a {interrupt.__name__} in 'first'"
        ).equals(
            ["first", "first", "second", "third"],
            because="the message in hand comes again when its lease is over, and the others were never started",
        )


@check(tier=2, section="§8")
def test_a_crash_counts_as_an_attempt(
    another: Another, clock: Clock, in_background: InBackground, tmp_path: Path
) -> None:
    """A message that kills its worker each time is a dead letter after max_retries attempts."""
    path = str(tmp_path / "queue")
    seen: list[str] = []
    for life in range(2):
        worker = another()
        queue = worker.subject.MessageQueue(path, max_retries=2, visibility_timeout=30, backoff_base=0)
        if life == 0:
            queue.enqueue("bad")
            queue.enqueue("good")
        killed = Gate("bad")
        if not killed.hold(in_background, queue):
            fail(
                f"the message that kills its worker was not delivered to worker {life + 1}",
                expected="a delivery when the lease of the killed worker is over" if life else "a delivery",
                got=f"worker {life + 1} got {killed.seen}",
                because="a message whose worker died is ready again when its lease is over",
            )
        seen += killed.seen
        worker.kill()
        killed.let_go()
        clock.advance(31)
    queue = another().subject.MessageQueue(path, max_retries=2, visibility_timeout=30, backoff_base=0)
    last = Recorder()
    run(queue, last.handle)
    seen += last.seen
    expect_number(
        seen.count("bad"), "the deliveries of a message that kills its worker, with max_retries=2", 2,
        more="a worker that dies cannot count any more: count the attempt when it starts, and write it down",
        less="it has two attempts",
    )  # fmt: skip
    letters = [(attr(letter, "data"), attr(letter, "attempts")) for letter in dead_letters(queue)]
    expect(letters, "data and attempts of the dead letters").equals(
        [("bad", 2)], because="when the last lease is over, the message is dead, crashes included"
    )
    expect(seen, "the deliveries in all").contains("good", because="the other messages go on")


@check(tier=2, section="§14")
def test_a_dead_letter_tells_why_and_when(subject: Handle, clock: Clock) -> None:
    """A dead letter keeps the reason and the times of its first and last failure, of its present life only."""
    queue = subject.MessageQueue(max_retries=2, backoff_base=100, backoff_cap=100, jitter=False)
    failing = Recorder(fails=always)
    queue.enqueue("bad")
    for life in ("first life", "life after a redrive"):
        times = []
        for _ in range(2):
            clock.advance(101)
            times.append(clock.now())
            run(queue, failing.handle)
        letters = dead_letters(queue)
        expect(len(letters), f"the number of dead letters in its {life}").equals(1)
        letter = letters[0]
        expect(attr(letter, "reason"), f"the dead letter's reason in its {life}").equals(
            "max_retries", because="its last attempt raised"
        )
        for field, when in (("first_failed_at", times[0]), ("last_failed_at", times[1])):
            moment = attr(letter, field)
            expect(moment, f"{field} in its {life}").is_a(float, int, because="it is a time in seconds")
            expect(moment - when, f"seconds from the attempt it is about to {field}, in its {life}").between(
                -50, 50, because=f"{field} is a time of this life, and of that attempt"
            )
        expect_number(
            attr(letter, "attempts"), f"attempts in its {life}", 2,
            more="after a redrive attempts start again", less="both attempts failed",
        )  # fmt: skip
        queue.retry_dead_letters()


@check(tier=2, section="§14")
def test_a_lost_worker_is_the_reason(subject: Handle, clock: Clock, in_background: InBackground) -> None:
    """A message whose last lease ran out says so, and dead_letters() knows it at once."""
    queue = subject.MessageQueue(visibility_timeout=30, max_retries=1)
    gate = Gate()
    queue.enqueue("slow")
    began = clock.now()
    expect(gate.hold(in_background, queue), "whether the worker got the message").is_true()
    clock.advance(100)
    letters = dead_letters(queue)
    expect(len(letters), "the number of dead letters 100 s into the only attempt, with a lease of 30 s").equals(
        1, because="whoever looks at the dead letters first collects the leases that have run out"
    )
    gate.open()
    expect(attr(letters[0], "reason"), "the dead letter's reason").equals(
        "lease_expired", because="the attempt never came back"
    )
    error = attr(letters[0], "error")
    expect(error, "the dead letter's error").is_a(str, because="some text says what happened")
    expect(error, "the dead letter's error").differs_from("", because="some text says what happened")
    failed_at = attr(letters[0], "last_failed_at")
    expect(failed_at, "last_failed_at").is_a(float, int, because="a lease that ran out is a failure, and has its time")
    expect(failed_at - began, "seconds from the delivery to last_failed_at").between(
        29, 160, because="it failed when the lease ended, or when the queue noticed"
    )


def _taken_twice(subject: Handle, clock: Clock, in_background: InBackground, late: Gate, present: Gate) -> Handle:
    """A queue with one message: the first worker's lease is over, the second one has it."""
    clock.freeze()
    queue = subject.MessageQueue(visibility_timeout=30, max_retries=5, backoff_base=0)
    queue.enqueue("slow")
    expect(late.hold(in_background, queue), "whether the first worker got the message").is_true()
    clock.advance(31)
    expect(present.hold(in_background, queue), "whether a second worker got it when the lease was over").is_true(
        because="when the lease is over, the message is ready again"
    )
    return queue
