"""Tier 3 of the message queue: longer leases, a bound, hopeless messages."""

from grader.testing import Clock, Handle, RaceRun, Races, SubjectRaised, check, expect, raises
from queue_handlers import Gate, InBackground, Recorder, always, dead, expect_number, numbers, run


@check(tier=3, section="§15")
def test_an_extended_lease_lasts(subject: Handle, clock: Clock, in_background: InBackground) -> None:
    """A worker that extends its lease keeps its message for so long from then on, and no longer."""
    clock.freeze()
    queue = subject.MessageQueue(visibility_timeout=30, max_retries=9, backoff_base=0)
    for options, lasts in (((), 30), ((100,), 100)):
        gate, other = Gate(), Recorder()
        queue.enqueue("long work")
        expect(gate.hold(in_background, queue, with_message=True), "whether the worker got its message").is_true()
        clock.advance(20)
        call = f"extend_lease(message{''.join(f', {option}' for option in options)})"
        expect(queue.extend_lease(gate.seen[0], *options), f"{call} 20 s into a lease of 30 s").is_true(
            because="the message is still its own"
        )
        for seconds, due, when in ((lasts - 2, [], "2 s before"), (3, ["long work"], "1 s after")):
            clock.advance(seconds)
            run(queue, other.handle)
            expect(other.seen, f"what a second worker was given {when} the end of the extended lease").equals(
                due, because=f"after {call} the lease ends {lasts} s from that call: not from its old end"
            )
        gate.open()


@check(tier=3, section="§15")
def test_a_lost_lease_is_not_extended(subject: Handle, clock: Clock, in_background: InBackground) -> None:
    """extend_lease returns False, and changes nothing, when somebody else has the message or it is gone."""
    clock.freeze()
    queue = subject.MessageQueue(visibility_timeout=30, max_retries=9, backoff_base=0)
    late, present, third = Gate(), Gate(), Recorder()
    queue.enqueue("long work")
    expect(late.hold(in_background, queue, with_message=True), "whether the first worker got the message").is_true()
    clock.advance(31)
    expect(present.hold(in_background, queue), "whether a second worker got it after the lease").is_true()
    expect(queue.extend_lease(late.seen[0], 1000), "extend_lease by the first worker, the second having it").is_false(
        because="the message has another receipt by now: it is not the first worker's any more"
    )
    clock.advance(31)
    run(queue, third.handle)
    expect(third.seen, "what a third worker was given when the second one's lease of 30 s was over").equals(
        ["long work"], because="the first worker's call must not change the second one's lease"
    )
    expect(queue.extend_lease(late.seen[0]), "extend_lease for a message that is completed").is_false(
        because="it is gone"
    )
    late.open()
    present.open()


@check(tier=3, section="§16")
def test_a_full_queue_refuses(subject: Handle) -> None:
    """A queue with max_size unfinished messages raises QueueFull, and stores nothing."""
    queue = subject.MessageQueue(max_size=2, max_retries=1, backoff_base=0)
    queue.enqueue("later", delay=1000)
    queue.enqueue("now")
    refused: list[str] = []

    def enqueue_more(data: str) -> None:
        if data != "now":
            return
        try:
            queue.enqueue("one too many")
        except SubjectRaised as error:
            refused.append(error.name)

    with raises("QueueFull", because="two messages are unfinished, one ready and one delayed, and max_size is 2"):
        queue.enqueue("one too many")
    run(queue, enqueue_more)
    expect(refused, "what enqueue raised inside a handler, one message in flight and one delayed").equals(
        ["QueueFull"], because="a message in flight is unfinished too"
    )
    keys = ("messages_processed", "main_queue_size", "delayed", "in_flight")
    expect(numbers(queue, *keys), "get_stats() after two messages were refused").equals(
        {"messages_processed": 1, "main_queue_size": 0, "delayed": 1, "in_flight": 0}, because="nothing was stored"
    )
    queue.enqueue("there is place again")


@check(tier=3, section="§16")
def test_what_is_in_the_queue_stays(subject: Handle) -> None:
    """Dead letters take no place, and neither a retry nor a redrive is ever refused."""
    queue = subject.MessageQueue(max_size=1, max_retries=2, backoff_base=0)
    queue.enqueue("bad")
    handler = Recorder(fails=always)
    run(queue, handler.handle)
    expect_number(
        len(handler.seen), "the attempts of a message that fails, with max_retries=2 and max_size=1", 2,
        less="a retry is never refused: the message has its place already",
    )  # fmt: skip
    try:
        queue.enqueue("good")
    except SubjectRaised as error:
        expect(error.name, "what enqueue raised with one dead letter and max_size=1").is_none(
            because="dead letters do not count"
        )
    expect_number(
        queue.retry_dead_letters(), "what retry_dead_letters() returned when the queue was full", 1,
        less="a redrive is never refused",
    )  # fmt: skip
    expect(numbers(queue, "main_queue_size", "dead_letter_size"), "get_stats() then").equals(
        {"main_queue_size": 2, "dead_letter_size": 0}, because="nothing that is in the queue gets lost"
    )


@check(tier=3, section="§16")
def test_a_known_dedup_id_needs_no_place(subject: Handle) -> None:
    """A dedup_id that is known returns its id, also when the queue is full."""
    queue = subject.MessageQueue(max_size=1)
    message_id = queue.enqueue("order", dedup_id="order-7")
    try:
        again = queue.enqueue("order", dedup_id="order-7")
    except SubjectRaised as error:
        again = error.name
    expect(again, "what a second enqueue with the same dedup_id gave when the queue was full").equals(
        message_id, because="it stores nothing, so it needs no place: look for the name before you count"
    )


@check(tier=3, section="§16")
def test_the_last_place_goes_to_one(races: Races) -> None:
    """When two senders want the last place at the same moment, one gets it."""

    def one_gets_it(run: RaceRun) -> None:
        because = "both counted before either had stored: counting and storing need to be one step"
        expect(sorted(run.results), "what two senders got, with place for one message").equals(
            ["QueueFull", "stored"], because=because
        )
        expect(run.seen[1][1], "main_queue_size afterwards").equals(1, because=because)

    races.every("queue_scenes.LastPlace", keeps=one_gets_it, kind="store")


@check(tier=3, section="§17")
def test_a_rejected_message_is_dead_at_once(races: Races) -> None:
    """A handler that raises Reject makes its message a dead letter at once."""

    def refused_for_good(run: RaceRun) -> None:
        delivered, letters, counted, again = run.seen
        for data, story in (("plain", "Reject"), ("special", "a class made from Reject")):
            expect(delivered.count(data), f"the attempts of a message whose handler raises {story}").equals(
                1, because="it says that no further attempt can succeed"
            )
        expect(delivered.count("weak"), "the attempts of a message whose handler raises OSError").equals(
            3, because="only Reject ends the attempts"
        )
        told = {data: (reason, attempts) for data, reason, _, attempts in letters}
        expect(told, "reason and attempts of the dead letters").equals(
            {"plain": ("rejected", 1), "special": ("rejected", 1), "weak": ("max_retries", 3)},
            because="the reason tells a refusal from attempts that are used up",
        )
        errors = {data: error for data, _, error, _ in letters}
        expect(errors["special"], "the error of the one with a class of its own").contains(
            "NoSuchCustomer: no special customer", because="class and message of the exception belong into the error"
        )
        expect(counted, "messages_failed and messages_dead_lettered").equals(
            [5, 3], because="a refusal is one failed attempt, and one death"
        )
        expect(sorted(set(again)), "what was delivered after retry_dead_letters()").equals(
            ["plain", "special", "weak"], because="a person may ask a refused message back as well"
        )

    races.every("queue_scenes.Refusing", keeps=refused_for_good, kind="once")


@check(tier=3, section="§18")
def test_old_dead_letters_are_thrown_away(subject: Handle, clock: Clock) -> None:
    """With dead_letter_ttl a dead letter goes so long after its death, and is counted."""
    clock.freeze()
    queue = subject.MessageQueue(dead_letter_ttl=100, max_retries=1, backoff_base=0)
    failing = Recorder(fails=always)
    queue.enqueue("old")
    queue.enqueue("young", delay=60)
    run(queue, failing.handle)
    clock.advance(61)
    run(queue, failing.handle)
    keys = ("messages_dead_lettered", "dead_letter_size", "dead_letters_purged")
    for seconds, purged, left in ((34, 0, ["old", "young"]), (10, 1, ["young"])):
        clock.advance(seconds)
        what = f"get_stats() {61 + 34 + (10 if purged else 0)} s after the first death, with dead_letter_ttl=100"
        expect(numbers(queue, *keys), what).equals(
            {"messages_dead_lettered": 2, "dead_letter_size": 2 - purged, "dead_letters_purged": purged},
            because="a dead letter goes dead_letter_ttl after it died, whether or not somebody has looked at it",
        )
        expect(dead(queue, "data"), "the dead letters then").equals(
            left, because="the time is counted from the death, not from the enqueue"
        )
    clock.advance(70)
    expect(queue.retry_dead_letters(), "retry_dead_letters() when the last one is too old").equals(
        0, because="from then on a redrive does not find it"
    )


@check(tier=3, section="§18")
def test_dead_letters_stay_without_a_ttl(subject: Handle, clock: Clock) -> None:
    """Without dead_letter_ttl dead letters stay for ever."""
    queue = subject.MessageQueue(max_retries=1)
    queue.enqueue("bad")
    run(queue, Recorder(fails=always).handle)
    clock.advance(10**8)
    expect(numbers(queue, "dead_letter_size", "dead_letters_purged"), "get_stats() three years later").equals(
        {"dead_letter_size": 1, "dead_letters_purged": 0}, because="None, the default, means for ever"
    )


@check(tier=3, section="§20")
def test_the_oldest_age_is_that_of_a_ready_message(subject: Handle, clock: Clock) -> None:
    """oldest_age is the age of the oldest ready message, counted from its enqueue, and 0 if none is ready."""
    queue = subject.MessageQueue(max_retries=1, backoff_base=0)

    def expect_age(low: float, when: str, because: str) -> None:
        age = numbers(queue, "oldest_age")["oldest_age"]
        expect(age, f"oldest_age {when}").between(low, low + 50 if low else 0, because=because)

    expect_age(0, "of a new queue", "0 if no message is ready")
    queue.enqueue("bad")
    clock.advance(100)
    queue.enqueue("young")
    expect_age(100, "100 s after the first of two messages", "the oldest one counts")
    ages: list[float] = []

    def look(data: str) -> None:
        ages.append(numbers(queue, "oldest_age")["oldest_age"])
        if data == "bad":
            raise ValueError(data)

    run(queue, look)
    expect(ages[-1], "oldest_age inside the handler of the last message").equals(
        0, because="a message in flight or dead is not ready"
    )
    clock.advance(100)
    queue.enqueue("later", delay=500)
    expect_age(0, "with one dead and one delayed message", "only ready messages count")
    queue.retry_dead_letters()
    expect_age(
        200, "after a redrive of a message enqueued 200 s ago", "the age is counted from created_at, which stays"
    )
