"""Tier 2 of the message queue: what is on disk survives a kill, a restart, and a record that was cut off."""

from pathlib import Path
from typing import Any

from grader.testing import Another, Clock, Handle, Process, RaceRun, Races, attr, check, expect, fail
from queue_handlers import Gate, InBackground, Recorder, dead_letters, numbers, run

NUMBERS = (
    "messages_processed",
    "messages_failed",
    "messages_dead_lettered",
    "main_queue_size",
    "delayed",
    "in_flight",
    "dead_letter_size",
)
STORIES = {
    "enqueue": "the enqueue of a second message",
    "complete": "a delivery that succeeded",
    "die": "the last failure of a message",
    "redrive": "retry_dead_letters()",
}
FIELDS = ("id", "data", "attempts", "created_at", "error", "reason", "first_failed_at", "last_failed_at")


@check(tier=2, section="§10")
def test_a_queue_on_disk_survives_a_kill(another: Another, tmp_path: Path) -> None:
    """After a SIGKILL the next process finds every message, every dead letter and every number."""
    options: dict[str, Any] = {"path": str(tmp_path / "queue"), "max_retries": 2, "backoff_base": 500, "jitter": False}
    first = another()
    queue = first.subject.MessageQueue(**(options | {"max_retries": 1}))
    queue.enqueue("bad")
    queue.enqueue("good")
    run(queue, Recorder(fails=lambda data: data == "bad").handle)
    queue.enqueue({"to": "ada", "tags": ["é", None, 1.5]})
    queue.enqueue("later", delay=1000)
    before = numbers(queue, *NUMBERS), _letters(queue)
    first.kill()
    queue = another().subject.MessageQueue(**options)
    because = "every change is on disk before the call that made it returns; close() may never be called"
    expect(numbers(queue, *NUMBERS), "get_stats() in the process after a SIGKILL").equals(before[0], because=because)
    expect(_letters(queue), "the dead letters in the process after a SIGKILL").equals(before[1], because=because)
    handler = Recorder()
    run(queue, handler.handle)
    expect(handler.seen, "what was delivered after the SIGKILL").equals(
        [{"to": "ada", "tags": ["é", None, 1.5]}], because=because
    )


@check(tier=2, section="§10")
def test_waits_go_on_over_a_restart(another: Another, clock: Clock, tmp_path: Path) -> None:
    """A wait and an attempt that was used go on over a restart; they do not begin again."""
    options: dict[str, Any] = {"path": str(tmp_path / "queue"), "max_retries": 3, "backoff_base": 100, "jitter": False}
    queue = another().subject.MessageQueue(**options)
    queue.enqueue("bad")
    run(queue, Recorder(fails=lambda _: True).handle)
    clock.advance(60)
    queue.close()
    queue = another().subject.MessageQueue(**options)
    seen = Recorder(fails=lambda _: True)
    for seconds, deliveries, so_far in ((0, 0, "60 s"), (50, 1, "110 s"), (160, 1, "160 s after its second failure")):
        clock.advance(seconds)
        run(queue, seen.handle)
        expect(len(seen.seen), f"deliveries after a restart 60 s into a wait of 100 s, at {so_far}").equals(
            deliveries, because="the wait ends at the moment it would have ended anyway, and failures stay counted"
        )


@check(tier=2, section="§10")
def test_a_lease_goes_on_over_a_restart(
    another: Another, clock: Clock, in_background: InBackground, tmp_path: Path
) -> None:
    """The lease of a killed worker ends when it would have ended anyway."""
    path = str(tmp_path / "queue")
    first = another()
    queue = first.subject.MessageQueue(path, visibility_timeout=100, backoff_base=0)
    queue.enqueue("slow")
    gate = Gate()
    expect(gate.hold(in_background, queue), "whether the first worker got the message").is_true()
    clock.advance(60)
    first.kill()
    gate.let_go()
    queue = another().subject.MessageQueue(path, visibility_timeout=100, backoff_base=0)
    seen = Recorder()
    for seconds, due, so_far in ((0, [], 60), (50, ["slow"], 110)):
        clock.advance(seconds)
        run(queue, seen.handle)
        expect(seen.seen, f"what the next process was given {so_far} s into a lease of 100 s").equals(
            due, because="a new process cannot know whether the other worker is dead: the end of the lease tells"
        )


@check(tier=2, section="§10")
def test_killed_at_any_line(races: Races, tmp_path: Path) -> None:
    """Killed at any line of your code, the queue opens again with every message in exactly one place."""

    def nothing_lost(run: RaceRun) -> None:
        story = STORIES[way]
        for told in run.seen:
            if isinstance(told, str):
                fail(
                    f"a process was killed during {story}; the next MessageQueue(path) raised {told}",
                    expected="it opens, with all that was stored before",
                    got=told,
                    because="a write was half done: write a new file and rename it, or append, or use a transaction",
                )
            in_sight, delivered = told
            allowed = (1, 2) if way == "enqueue" else (1,)
            because = (
                "the message left one place before it was in the next, and a kill came between: one write for both"
            )
            what = f"the messages the next process accounts for, after a kill during {story}"
            expect(in_sight, what).is_one_of(*allowed, because=because)
            if way == "enqueue":
                because = "what was on disk has to stay there while something else is written"
                expect(delivered, f"what the next process delivered after a kill during {story}").contains(
                    "first", because=because
                )

    for way in STORIES:
        races.every("crash_scenes.KilledAtEveryLine", str(tmp_path), way, keeps=nothing_lost, kind="once")


@check(tier=2, section="§10")
def test_a_torn_record_is_tolerated(another: Another, tmp_path: Path) -> None:
    """If your file only grows, a last record that was cut off does no harm."""
    queue = another().subject.MessageQueue(str(tmp_path / "queue"))
    queue.enqueue("first")
    before = _files(tmp_path)
    queue.enqueue("second")
    after = _files(tmp_path)
    changed = [name for name in after if after[name] != before.get(name)]
    if len(changed) != 1 or not after[changed[0]].startswith(before.get(changed[0], b"never")):
        return  # more than one file, or not by appending: no cut of ours would be what a kill leaves
    grew_from, grew_to = len(before[changed[0]]), len(after[changed[0]])
    process = another()
    for number, cut in enumerate((grew_to - 1, (grew_from + grew_to) // 2, grew_from + 1)):
        folder = tmp_path / f"cut-{number}"
        folder.mkdir()
        for name, content in after.items():
            (folder / name).write_bytes(content[:cut] if name == changed[0] else content)
        path = str(folder / "queue")
        torn = process.subject.MessageQueue(path)
        torn.enqueue("third")
        torn.close()
        seen = Recorder()
        run(process.subject.MessageQueue(path), seen.handle)
        left = [data for data in seen.seen if data != "second"]
        expect(left, f"what came back of 'first' and 'third', with {grew_to - cut} bytes missing between them").equals(
            ["first", "third"],
            because="half a record is what a kill leaves at the end: cut it off before you append the next one",
        )


@check(tier=2, section="§10", call_seconds=12.0)  # longer than `Gate.open` waits, which says what is wrong
def test_close_lets_go_of_the_file(
    process: Process, subject: Handle, in_background: InBackground, tmp_path: Path
) -> None:
    """close() ends waiting workers and closes the file; it may be called twice."""
    path = str(tmp_path / "queue")
    subject.MessageQueue(path).close()
    open_before = process.open_files()
    queue = subject.MessageQueue(path)
    gate = Gate()
    queue.enqueue("mail")
    held = gate.hold(in_background, queue, until_idle=False, poll=0.02)
    expect(held, "whether a worker on disk got its message").is_true()
    gate.let_go()
    queue.close()
    queue.close()
    returned = gate.open()
    expect(returned, "what the worker's process_messages returned after close()").equals(
        1, because="close() stops the workers as stop() does, and waits for them"
    )
    if open_before is not None:
        expect(process.open_files(), "the number of open files after close()").at_most(
            open_before, because="close() lets go of every file it opened"
        )
    expect(
        numbers(subject.MessageQueue(path), "messages_processed"), "get_stats() when the path is opened again"
    ).equals({"messages_processed": 1}, because="after close() the path can be opened again")


@check(tier=2, section="§11")
def test_a_dedup_id_survives_a_restart(another: Another, tmp_path: Path) -> None:
    """A sender that repeats itself after a crash of the queue stores nothing twice."""
    path = str(tmp_path / "queue")
    first = another()
    message_id = first.subject.MessageQueue(path).enqueue("order", dedup_id="order-7")
    first.kill()
    queue = another().subject.MessageQueue(path)
    because = "the name is on disk together with its message"
    expect(queue.enqueue("order", dedup_id="order-7"), "the id of the second enqueue, in the next process").equals(
        message_id, because=because
    )
    expect(numbers(queue, "main_queue_size"), "get_stats() then").equals({"main_queue_size": 1}, because=because)


def _letters(queue: Handle) -> list[dict[str, Any]]:
    return [{field: attr(letter, field) for field in FIELDS} for letter in dead_letters(queue)]


def _files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir()) if file.is_file()}
