"""Tier 3 of the message queue: workers that wait at no cost, and several processes on one file."""

import contextlib
import os
import threading
from pathlib import Path

from grader.testing import Another, RaceRun, Races, check, expect
from queue_handlers import GENEROUS, Gate, InBackground, Recorder, dead, expect_number, numbers, run

KEYS = ("messages_processed", "messages_failed", "main_queue_size", "in_flight", "dead_letter_size")


@check(tier=3, section="§19")
def test_a_waiting_worker_writes_nothing(another: Another, in_background: InBackground, tmp_path: Path) -> None:
    """A worker that finds nothing leaves the file as it is."""
    queue = another().subject.MessageQueue(str(tmp_path / "queue"))
    queue.enqueue("mail")
    handled = threading.Event()
    worker = in_background(queue.process_messages, lambda _: handled.set(), poll=0.005)
    handled.wait(GENEROUS)
    while numbers(queue, "messages_processed")["messages_processed"] == 0 and not worker.done():
        """Its report is on its way."""
    before = _state_of(tmp_path)
    worker_left = threading.Event().wait(0.03)  # time for some looks; one that saw none fails nobody
    after = _state_of(tmp_path)
    queue.stop()
    expect(worker_left, "whether it came to an end").is_false()
    changed = sorted(name for name in after.keys() & before.keys() if after[name] != before[name])
    expect(changed, "the files that were written while a worker waited").equals(
        [], because="a look that finds nothing has nothing to write"
    )


@check(tier=3, section="§19")
def test_a_waiting_worker_is_woken(races: Races) -> None:
    """An enqueue, a redrive and stop() wake a waiting worker, however long its poll is."""
    event = ""

    def at_once(run: RaceRun) -> None:
        expect(run.seen[0], f"whether a worker with poll=600 slept on after {event}()").is_false(
            because="nobody woke it: let all workers wait on one threading.Condition, and notify them all"
        )

    for event in ("enqueue", "retry_dead_letters", "stop"):
        races.every("queue_scenes.Waiting", event, keeps=at_once, kind="once")


@check(tier=3, section="§19")
def test_no_message_comes_unnoticed(races: Races) -> None:
    """A message that comes just when a worker falls asleep wakes it too."""

    def at_once(run: RaceRun) -> None:
        expect(run.seen, "whether a worker with poll=600 slept on after enqueue()").is_false(
            because="it looked, then the message came, then it fell asleep: looking and falling asleep are one step"
        )

    races.every("queue_scenes.Woken", keeps=at_once, kind="brief")


@check(tier=3, section="§19")
def test_a_waiting_worker_sleeps(races: Races) -> None:
    """A worker that waits does not look again and again."""

    def few_lines(run: RaceRun) -> None:
        expect(run.seen[1], "the number of your lines that a worker ran while nothing happened").at_most(
            400, because="it asks again and again whether there is work: wait on a threading.Condition instead"
        )

    races.every("queue_scenes.Waiting", "enqueue", keeps=few_lines, kind="once")


@check(tier=3, section="§21")
def test_two_queues_on_one_file_deliver_once(races: Races, tmp_path: Path) -> None:
    """Two queue objects on one file never deliver the same message at the same time."""

    def once(run: RaceRun) -> None:
        because = "both found the message before either had marked it: take the file's lock before you look"
        expect(run.seen[0], "what the workers of two queue objects on one file were given").equals(
            ["mail"], because=because
        )
        expect(run.seen[1], "processed, main, delayed, in flight and dead afterwards").equals(
            [1, 0, 0, 0, 0], because=because
        )

    races.every("queue_scenes.TwoObjects", str(tmp_path), keeps=once, kind="store")


@check(tier=3, section="§21")
def test_processes_share_a_queue(another: Another, in_background: InBackground, tmp_path: Path) -> None:
    """Two processes on one path see the same messages, leases, dead letters and numbers."""
    path = str(tmp_path / "queue")
    ours, theirs = (another().subject.MessageQueue(path, max_retries=1, backoff_base=0) for _ in range(2))
    message_id = ours.enqueue("slow", dedup_id="order-7")
    ours.enqueue("bad")
    ours.enqueue("good")
    expect(theirs.enqueue("slow", dedup_id="order-7"), "the id the other process got for the same dedup_id").equals(
        message_id, because="what one process stores the other has to look up in the file"
    )
    gate, free = Gate(), Recorder(fails=lambda data: data == "bad")
    expect(gate.hold(in_background, theirs), "whether the other process got a message").is_true(
        because="look into the file each time, not into what was there when it was opened"
    )
    expect(gate.seen, "what the other process got first").equals(
        ["slow"], because="the oldest ready message goes first"
    )
    run(ours, free.handle)
    expect(free.seen, "what the first process got meanwhile").equals(
        ["bad", "good"], because="a message that a worker of another process has is taken"
    )
    due = dict(zip(KEYS, (1, 1, 0, 1, 1), strict=True))
    for queue, whose in ((ours, "the first process"), (theirs, "the other process")):
        expect(numbers(queue, *KEYS), f"get_stats() in {whose}").equals(
            due, because="there is one queue, and one truth"
        )
        expect(dead(queue, "data"), f"the dead letters in {whose}").equals(["bad"], because="there is one queue")
    expect_number(gate.open(), "what the other process's process_messages returned", 1)
    expect_number(theirs.retry_dead_letters(), "what retry_dead_letters() returned in the other process", 1)
    expect(numbers(ours, "messages_processed", "main_queue_size"), "get_stats() in the first process then").equals(
        {"messages_processed": 2, "main_queue_size": 1}, because="there is one queue, and one truth"
    )


@check(tier=3, section="§21")
def test_a_message_from_another_process_is_found(another: Another, in_background: InBackground, tmp_path: Path) -> None:
    """A waiting worker finds what another process enqueues; stop() there does not end it."""
    path = str(tmp_path / "queue")
    ours, theirs = (another().subject.MessageQueue(path) for _ in range(2))
    arrived = {data: threading.Event() for data in ("first", "second")}
    worker = in_background(theirs.process_messages, lambda data: arrived[data].set(), poll=0.01)
    for data, came in arrived.items():
        ours.enqueue(data)
        expect(came.wait(GENEROUS), f"whether a waiting worker of the other process got {data!r}").is_true(
            because="it looks into the file every poll seconds"
            if data == "first"
            else "stop() ends the workers of its own object only"
        )
        ours.stop()
    theirs.stop()
    expect(worker.result(GENEROUS), "what the worker's process_messages returned").equals(
        2, because="it completed both"
    )


def _state_of(folder: Path) -> dict[str, tuple[int, int, int]]:
    found = {}
    for entry in os.scandir(folder):
        with contextlib.suppress(FileNotFoundError):  # it was renamed just now
            facts = os.stat(entry.path)  # noqa: PTH116 - entry.stat() may be what the folder remembers
            if facts.st_size > 40:  # less is a lock, which is taken at each look
                found[entry.name] = (facts.st_ino, facts.st_size, facts.st_mtime_ns)
    return found
