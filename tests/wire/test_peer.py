"""Lanes: nested requests, many threads at once, deadlines, control questions and a wire that closes."""

import queue
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from grader.wire.frames import MAX_MESSAGE_BYTES, Frames
from grader.wire.peer import CONTROL_REPLY, LEAVE, REPLY, REQUEST, DeadlinePassed, Peer, WireClosed

Serve = Callable[[str, list[Any]], list[Any]]
Pair = Callable[[Serve, Serve], tuple[Peer, Peer]]


def echo(operation: str, arguments: list[Any]) -> list[Any]:
    """Answers with what it was asked."""
    return ["ok", operation, arguments]


def control(operation: str, _: list[Any]) -> list[Any]:
    """Answers a control question."""
    return ["control", operation]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Makes two connected peers: the judge's side, which asks on even lanes, and the subject's."""
    made: list[Peer] = []

    def make(judge: Serve, subject: Serve) -> tuple[Peer, Peer]:
        left, right = socket.socketpair()
        made.extend((Peer(Frames(left), judge, control, 0), Peer(Frames(right), subject, control, 1)))
        for peer in made:
            peer.start()
        return made[0], made[1]

    yield make
    for peer in made:
        peer.close()


@pytest.fixture
def against_bytes() -> Iterator[tuple[Peer, Frames]]:
    """A judge's peer and the bare frames of whoever is on the other side."""
    left, right = socket.socketpair()
    peer, other = Peer(Frames(left), echo, control, 0), Frames(right)
    peer.start()
    yield peer, other
    other.finish()
    peer.close()


def test_a_request_gets_its_reply(pair: Pair) -> None:
    """The reply is what the other side's serve function returned."""
    judge, _ = pair(echo, echo)
    assert judge.request("add", 1, "two") == ["ok", "add", [1, "two"]]


def test_requests_nest_both_ways(pair: Pair) -> None:
    """A request may ask back, whose answer may ask back again; all on the threads of one lane."""
    threads: dict[str, set[int]] = {"judge": set(), "subject": set()}

    def deeper(name: str, other: Callable[[], Peer]) -> Serve:
        def serve(_: str, arguments: list[Any]) -> list[Any]:
            threads[name].add(threading.get_ident())
            (left,) = arguments
            return ["end"] if left == 0 else [name, *other().request("deeper", left - 1)]

        return serve

    judge, subject = pair(deeper("judge", lambda: judge), deeper("subject", lambda: subject))
    assert judge.request("deeper", 5) == ["subject", "judge"] * 2 + ["subject", "end"]
    assert threads["judge"] == {threading.get_ident()}
    assert len(threads["subject"]) == 1


def test_eight_threads_ask_at_once(pair: Pair) -> None:
    """Each thread of the judge has a thread of its own on the other side, and gets its own replies."""
    all_there = threading.Barrier(8)

    def serve(_: str, arguments: list[Any]) -> list[Any]:
        if arguments[0] == 0:
            all_there.wait(20)  # only eight threads at once get past it
        return [threading.get_ident(), *subject.request("back", *arguments)]

    judge, subject = pair(echo, serve)

    def ask(name: int) -> set[int]:
        there = set()
        for number in range(30):
            thread, *answer = judge.request("ask", number, name)
            assert answer == ["ok", "back", [number, name]]
            there.add(thread)
        judge.leave()
        return there

    with ThreadPoolExecutor(8) as pool:
        served_by = list(pool.map(ask, range(8)))
    assert all(len(threads) == 1 for threads in served_by)
    assert len(set().union(*served_by)) == 8


def test_the_other_sides_own_threads_may_ask(pair: Pair) -> None:
    """A thread that the submission started asks on a lane of its own, also while the judge's request goes on."""

    def serve(_: str, __: list[Any]) -> list[Any]:
        with ThreadPoolExecutor(4) as workers:
            return sorted(n for reply in workers.map(lambda n: subject.request("back", n), range(20)) for n in reply[2])

    judge, subject = pair(echo, serve)
    assert judge.request("work") == list(range(20))


def test_a_borrowed_lane_is_used_again(pair: Pair) -> None:
    """Requests of ever new threads do not open ever new lanes."""
    judge, subject = pair(echo, echo)
    for _ in range(20):
        worker = threading.Thread(target=subject.request, args=("back",))
        worker.start()
        worker.join(10)
    assert len(judge.lane_threads) == 1


def test_a_deadline_passes(pair: Pair) -> None:
    """A request without a reply ends at its deadline."""
    never = threading.Event()
    judge, _ = pair(echo, lambda *_: ["ok", never.wait(20)])
    with pytest.raises(DeadlinePassed, match=r"no reply within 0\.05 s"):
        judge.request("hang", seconds=0.05)
    never.set()


def test_time_spent_serving_is_not_counted(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other side is not charged for what this side does when asked back."""
    now = [100.0]
    monkeypatch.setattr("grader.wire.peer.time.monotonic", lambda: now[0])

    def slow(_: str, __: list[Any]) -> list[Any]:
        now[0] += 1000.0
        return ["ok"]

    judge, subject = pair(slow, lambda *_: [subject.request("back")[0], subject.request("back")[0]])
    assert judge.request("call", seconds=20.0) == ["ok", "ok"]


def test_time_spent_waiting_is_counted(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking back does not give the other side its time again."""
    given: list[float | None] = []
    judge, subject = pair(echo, lambda *_: subject.request("back"))
    take = Peer._take

    def seen(peer: Peer, box: Any, seconds: float | None) -> list[Any]:
        if peer is judge:
            given.append(seconds)
        return take(peer, box, seconds)

    monkeypatch.setattr(Peer, "_take", seen)
    judge.request("call", seconds=20.0)
    assert given[0] == 20.0
    assert given[1] is not None
    assert given[1] < 20.0


def test_control_questions_are_answered_while_a_lane_is_busy(pair: Pair) -> None:
    """The reading thread answers control questions in the middle of a call."""
    asked, go_on = queue.Queue[None](), threading.Event()

    def busy(_: str, __: list[Any]) -> list[Any]:
        asked.put(None)
        return ["ok", go_on.wait(20)]

    judge, _ = pair(echo, busy)
    with ThreadPoolExecutor(1) as pool:
        reply = pool.submit(judge.request, "call")
        asked.get(timeout=20)
        assert judge.asking
        assert judge.ask_control("where", 0, seconds=20) == ["control", "where"]
        go_on.set()
        assert reply.result(20) == ["ok", True]
    assert not judge.asking


def test_a_wire_closed_in_the_middle_of_calls_wakes_everybody(pair: Pair) -> None:
    """All threads that wait for a reply are told when the other side goes, and so is whoever asks later."""
    all_there = threading.Barrier(5)
    never = threading.Event()

    def hang(_: str, __: list[Any]) -> list[Any]:
        all_there.wait(20)
        return ["ok", never.wait(20)]

    judge, subject = pair(echo, hang)
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(judge.request, "call") for _ in range(4)]
        all_there.wait(20)
        subject.close()
        for future in waiting:
            with pytest.raises(WireClosed, match="closed the wire"):
                future.result(20)
    with pytest.raises(WireClosed):
        judge.request("later")
    with pytest.raises(WireClosed):
        judge.ask_control("later", seconds=20)
    never.set()


def test_a_reply_too_large_to_send_is_told(pair: Pair) -> None:
    """A reply over the cap becomes an answer that says so, and the lane goes on."""
    judge, _ = pair(echo, lambda name, _: ["ok", b"x" * MAX_MESSAGE_BYTES] if name == "large" else ["ok"])
    kind, why = judge.request("large")
    assert (kind, "at most 32 MiB" in why) == ("unusable", True)
    assert judge.request("small") == ["ok"]


@pytest.mark.parametrize(
    "message",
    [
        [REPLY], [REPLY, 0], [REPLY, 0, "ok"], [REPLY, "0", []], [REPLY, True, []], [REQUEST, 1, "call"],
        [REQUEST, 1, ["call"], []], [REQUEST, 1, "call", {}], [CONTROL_REPLY, 0], [LEAVE], [LEAVE, None], [17, 0, []],
        ["REPLY", 0, []], [True, 0, []], [None],
    ],
    ids=str,
)  # fmt: skip
def test_a_malformed_message_breaks_the_wire(against_bytes: tuple[Peer, Frames], message: list[Any]) -> None:
    """A message without its fields ends the conversation, and the waiting thread learns why."""
    peer, other = against_bytes
    other.send(message)
    with pytest.raises(WireClosed, match="broke the protocol: a malformed message"):
        peer.request("call", seconds=20)


def test_replies_nobody_waits_for_are_ignored(against_bytes: tuple[Peer, Frames]) -> None:
    """A reply on an unknown lane, to an unknown question, or a farewell from nobody does no harm."""
    peer, other = against_bytes
    for message in ([REPLY, 4000, ["ok"]], [CONTROL_REPLY, 99, ["ok"]], [LEAVE, 77]):
        other.send(message)
    other.send([REQUEST, 1, "still", ["there"]])
    assert other.receive() == [REPLY, 1, ["ok", "still", ["there"]]]
    assert not peer.broken


def test_too_many_conversations_break_the_wire(
    against_bytes: tuple[Peer, Frames], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other side cannot make this one start threads without end."""
    monkeypatch.setattr("grader.wire.peer.MAX_LANES", 8)
    peer, other = against_bytes
    for lane in range(1, 41, 2):
        try:
            other.send([REQUEST, lane, "call", []])
        except OSError:
            break
    assert peer.closed.wait(20)
    assert peer.broken.endswith("too many conversations at once")
