"""Framing: whole messages or a clear error, whatever arrives."""

import socket
import struct
import sys
import threading
from collections.abc import Iterator
from typing import Any

import msgpack
import pytest

from grader.errors import MessageTooLarge, WireError
from grader.wire.frames import MAX_MESSAGE_BYTES, Frames


@pytest.fixture
def pair() -> Iterator[tuple[Frames, socket.socket]]:
    """Frames on one end of a stream and the bare socket of the other."""
    ours, theirs = socket.socketpair()
    frames = Frames(ours)
    yield frames, theirs
    theirs.close()
    frames.finish()


def framed(body: bytes) -> bytes:
    """*body* with its length before it."""
    return struct.pack(">I", len(body)) + body


@pytest.mark.parametrize(
    "message",
    [[1], [0, "text", b"bytes", 2.5, None, True], [1, [2, [3, {"a": [4]}]]], ["\ud800"], [2**64 - 1, -(2**63)]],
    ids=["one item", "all scalars", "nested", "lone surrogate", "64-bit integers"],
)
def test_a_message_arrives_as_it_was_sent(message: list[Any]) -> None:
    """What one side sends, the other receives."""
    ours, theirs = map(Frames, socket.socketpair())
    ours.send(message)
    assert theirs.receive() == message
    ours.finish()
    assert theirs.receive() is None
    theirs.finish()


def test_a_message_over_the_cap_is_not_sent(pair: tuple[Frames, socket.socket]) -> None:
    """A message over the cap is refused with its size, nothing of it goes out, and the next one is sent."""
    frames, other = pair
    with pytest.raises(MessageTooLarge, match="33 MiB; at most 32 MiB"):
        frames.send([b"x" * (MAX_MESSAGE_BYTES + 1024 * 1024)])
    frames.send([1])
    assert other.recv(100) == framed(msgpack.packb([1]))


@pytest.mark.parametrize(
    ("arrived", "complaint"),
    [
        (struct.pack(">I", MAX_MESSAGE_BYTES + 1), "was announced"),
        (b"HTTP/1.1 200 OK", "was announced"),
        (framed(b"\xc1"), "not a msgpack message"),
        (framed(b""), "not a msgpack message"),
        (framed(b"\x92\x01"), "not a msgpack message"),
        (framed(b"\x91\x01\x01"), "not a msgpack message"),
        (framed(b"\x91" * 4000 + b"\x01"), "not a msgpack message"),
        (framed(b"\xdd\xff\xff\xff\xff"), "not a msgpack message"),
        (framed(b"\x91\x81\x90\x01"), "not a msgpack message"),
        (framed(b"\xa1\xff"), "not a msgpack message"),
        (framed(b"\x90"), "a message is a list"),
        (framed(b"\x2a"), "a message is a list"),
        (framed(b"\x81\x01\x02"), "a message is a list"),
    ],
    ids=[
        "one byte over the cap", "another protocol", "a byte msgpack never uses", "nothing", "cut short inside",
        "bytes left over", "very deep", "a length without content", "a list as a key", "not UTF-8",
        "an empty list", "a number", "a dict",
    ],
)  # fmt: skip
def test_junk_is_a_wire_error(pair: tuple[Frames, socket.socket], arrived: bytes, complaint: str) -> None:
    """Whatever is no message of the protocol is a WireError, never another exception."""
    frames, other = pair
    other.sendall(arrived)
    other.shutdown(socket.SHUT_WR)
    with pytest.raises(WireError, match=complaint):
        frames.receive()


@pytest.mark.parametrize("kept", [0, 1, 3, 4, 5, 20])
def test_a_torn_message_is_the_end(pair: tuple[Frames, socket.socket], kept: int) -> None:
    """A side that dies in the middle of a message has closed the wire."""
    frames, other = pair
    other.sendall(framed(msgpack.packb(["a message that is torn"]))[:kept])
    other.close()
    assert frames.receive() is None


def test_a_message_in_single_bytes_is_whole(pair: tuple[Frames, socket.socket]) -> None:
    """A message that arrives byte by byte is one message."""
    frames, other = pair
    for number in framed(msgpack.packb(["slow", 1])):
        other.send(bytes([number]))
    assert frames.receive() == ["slow", 1]


def test_closing_wakes_the_reader(pair: tuple[Frames, socket.socket]) -> None:
    """A thread blocked in receive gets None when another closes the wire."""
    frames, _ = pair
    got: list[object] = []
    reader = threading.Thread(target=lambda: got.append(frames.receive()))
    reader.start()
    frames.close()
    reader.join(10)
    assert got == [None]


@pytest.fixture
def _eager_threads() -> Iterator[None]:
    """Threads that give way to each other as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_eager_threads")
def test_messages_of_many_threads_never_mix() -> None:
    """Eight threads send at once; each message arrives whole."""
    ours, theirs = map(Frames, socket.socketpair())
    together = threading.Barrier(8)

    def send(name: int) -> None:
        together.wait(20)
        for number in range(50):
            ours.send([name, number, "x" * 100_000])

    senders = [threading.Thread(target=send, args=(name,)) for name in range(8)]
    for sender in senders:
        sender.start()
    received = [theirs.receive() for _ in range(400)]
    for sender in senders:
        sender.join(10)
    assert sorted((m[0], m[1]) for m in received if m) == [(a, b) for a in range(8) for b in range(50)]
    ours.finish()
    theirs.finish()
