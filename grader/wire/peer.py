"""One end of the wire: requests, nested requests and control questions, each thread on a lane of its own.

A *lane* is one thread of conversation. The judge's thread asks on its lane; while the subject's thread of that lane
works, it may ask back on the same lane (a callback), and the judge's thread serves that before it gets its own answer.
So nested calls end up on the thread that a reader of the code expects, and two judge threads never wait for each other.
A request that starts on another thread of the subject (a learner's worker calls a handler) borrows a lane of its own.
"""

import itertools
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from grader.errors import MessageTooLarge, WireError
from grader.wire.frames import Frames

REQUEST, REPLY, CONTROL, CONTROL_REPLY, NOTE, LEAVE = range(6)

Serve = Callable[[str, list[Any]], list[Any]]
"""Answers one request: the operation's name and its arguments give the reply, both in the wire's form."""

MAX_LANES = 4096

EXIT_WIRE_LOST = 71
"""Exit code of a subject whose wire closed: nobody asks for it unless the submission closed it."""

Inbox = queue.SimpleQueue  # the C queue: a hand-over costs one lock


class WireClosed(WireError):
    """The other side closed the wire or its process ended."""


class DeadlinePassed(WireError):
    """No reply came within the time allowed."""


class Peer:
    """One end of the wire.

    Arguments:
        frames: the connection.
        serve: answers the other side's requests, on the lane's thread.
        control: answers the other side's control questions, on the reading thread: it must never block.
        first_lane: 0 for the side that opens even lanes (the judge), 1 for the other.
        on_broken: told once when the other side broke the protocol.
    """

    def __init__(self, frames: Frames, serve: Serve, control: Serve, first_lane: int) -> None:
        self._frames = frames
        self._serve = serve
        self._control = control
        self._lane_numbers = itertools.count(first_lane, 2)
        self._free_lanes: list[int] = []
        self._inboxes: dict[int, Inbox[list[Any] | None]] = {}
        self._answers: dict[int, Inbox[list[Any] | None]] = {}
        self._questions = itertools.count()
        self._here = threading.local()
        self._mutex = threading.Lock()
        self._parity = first_lane
        self._asking: set[int] = set()
        self.lane_threads: set[int] = set()
        self.closed = threading.Event()
        self.broken: str = ""

    # -- asking ------------------------------------------------------------------------------------------------

    def request(self, operation: str, *arguments: Any, seconds: float | None = None) -> list[Any]:  # noqa: ANN401
        """Ask the other side on this thread's lane and wait, serving its requests on that lane meanwhile.

        Arguments:
            seconds: the longest this thread may wait in all; the time it spends serving is not counted.

        Raises:
            DeadlinePassed: no reply within *seconds*.
            WireClosed: the other side is gone.
        """
        lane, borrowed = self._lane()
        inbox = self._inbox(lane)
        self._asking.add(lane)
        try:
            self._send([REQUEST, lane, operation, list(arguments)])
            return self._converse(lane, inbox, seconds)
        finally:
            self._asking.discard(lane)
            if borrowed:
                self._give_back(lane)

    def ask_control(self, operation: str, *arguments: Any, seconds: float) -> list[Any]:  # noqa: ANN401
        """Ask the other side's reading thread, which answers even while its lanes are busy.

        Raises:
            DeadlinePassed: it did not answer (something holds the interpreter).
            WireClosed: the other side is gone.
        """
        number = next(self._questions)
        box: Inbox[list[Any] | None] = Inbox()
        self._answers[number] = box
        try:
            self._send([CONTROL, number, operation, list(arguments)])
            message = self._take(box, seconds)
        finally:
            self._answers.pop(number, None)
        return list(message[2])

    def note(self, operation: str, *arguments: Any) -> None:  # noqa: ANN401
        """Tell the other side's reading thread something and expect no answer; a closed wire is no error."""
        try:
            self._frames.send([NOTE, 0, operation, list(arguments)])
        except OSError:
            self.closed.set()

    @property
    def asking(self) -> bool:
        """Whether some thread of this side waits for a reply."""
        return bool(self._asking)

    def leave(self) -> None:
        """Give up this thread's lane; the other side's thread for it ends."""
        lane = getattr(self._here, "lane", None)
        if lane is None:
            return
        self._here.lane = None
        self._inboxes.pop(lane, None)
        try:
            self._frames.send([LEAVE, lane])
        except OSError:
            self.closed.set()

    # -- serving -----------------------------------------------------------------------------------------------

    def start(self, own_lane: int | None = None) -> None:
        """Start the reading thread.

        Arguments:
            own_lane: a lane that one of this side's threads is about to serve with `serve_lane`. It exists before the
                first message is read, or that message would open it on a thread of its own, and two threads would
                take each other's replies.
        """
        if own_lane is not None:
            self._inbox(own_lane)
        threading.Thread(target=self._read, name="wire", daemon=True).start()

    def serve_lane(self, lane: int) -> None:
        """Serve the other side's requests on *lane* with this thread, until it leaves or the wire closes."""
        self._here.lane = lane
        self.lane_threads.add(threading.get_ident())
        inbox = self._inbox(lane)
        while (message := inbox.get()) is not None:
            if message[0] == REQUEST:
                self._answer(lane, message)
        self.lane_threads.discard(threading.get_ident())

    def close(self) -> None:
        """Close the wire; every waiting thread gets `WireClosed`."""
        self._frames.close()
        self._hang_up()

    # -- inside ------------------------------------------------------------------------------------------------

    def _lane(self) -> tuple[int, bool]:
        lane = getattr(self._here, "lane", None)
        if lane is not None:
            return lane, False
        with self._mutex:
            lane = self._free_lanes.pop() if self._free_lanes else next(self._lane_numbers)
        self._here.lane = lane
        # The judge's threads keep their lanes (`leave` ends one); the subject's own threads borrow one per request.
        return lane, self._parity == 1

    def _give_back(self, lane: int) -> None:
        self._here.lane = None
        with self._mutex:
            self._free_lanes.append(lane)

    def _inbox(self, lane: int) -> "Inbox[list[Any] | None]":
        with self._mutex:
            inbox = self._inboxes.get(lane)
            if inbox is None:
                inbox = self._inboxes[lane] = Inbox()
                if self.closed.is_set():
                    inbox.put(None)
            return inbox

    def _send(self, message: list[Any]) -> None:
        try:
            self._frames.send(message)
        except OSError as error:
            raise WireClosed(self.broken or "the other side closed the wire") from error

    def _take(self, box: "Inbox[list[Any] | None]", seconds: float | None) -> list[Any]:
        if self.closed.is_set():
            raise WireClosed(self.broken or "the other side closed the wire")
        try:
            message = box.get(timeout=seconds)
        except queue.Empty:
            raise DeadlinePassed(f"no reply within {seconds:g} s") from None
        if message is None:
            box.put(None)
            raise WireClosed(self.broken or "the other side closed the wire")
        return message

    def _converse(self, lane: int, inbox: "Inbox[list[Any] | None]", seconds: float | None) -> list[Any]:
        left = seconds
        while True:
            began = time.monotonic()
            message = self._take(inbox, left)
            if message[0] == REPLY:
                return list(message[2])
            if left is not None:
                left = max(0.0, left - (time.monotonic() - began))
            self._answer(lane, message)

    def _answer(self, lane: int, message: list[Any]) -> None:
        reply = self._serve(message[2], message[3])
        try:
            try:
                self._frames.send([REPLY, lane, reply])
            except MessageTooLarge as error:
                self._frames.send([REPLY, lane, ["unusable", str(error)]])
        except OSError:
            self._hang_up()

    def _read(self) -> None:
        try:
            while (message := self._frames.receive()) is not None:
                self._route(message)
        except OSError:
            pass
        except (WireError, RuntimeError) as error:  # RuntimeError: no more threads can be started
            self.broken = f"the other side broke the protocol: {error}"
        finally:
            self._frames.finish()
            self._hang_up()

    def _route(self, message: list[Any]) -> None:
        _check_form(message)
        kind, number = message[0], message[1]
        if kind in (REQUEST, REPLY):
            inbox = self._inboxes.get(number)
            if inbox is None and kind == REQUEST:
                inbox = self._open_lane(number)
            if inbox is not None:
                inbox.put(message)
        elif kind == CONTROL:
            self._frames.send([CONTROL_REPLY, number, self._control(message[2], message[3])])
        elif kind == CONTROL_REPLY:
            box = self._answers.get(number)
            if box is not None:
                box.put(message)
        elif kind == NOTE:
            self._control(message[2], message[3])
        elif kind == LEAVE:
            inbox = self._inboxes.pop(number, None)
            if inbox is not None:
                inbox.put(None)

    def _open_lane(self, lane: int) -> "Inbox[list[Any] | None]":
        if len(self._inboxes) > MAX_LANES:
            raise WireError("too many conversations at once")
        inbox = self._inbox(lane)
        threading.Thread(target=self.serve_lane, args=(lane,), name=f"lane-{lane}", daemon=True).start()
        return inbox

    def _hang_up(self) -> None:
        with self._mutex:
            self.closed.set()
            boxes = [*self._inboxes.values(), *self._answers.values()]
        for box in boxes:
            box.put(None)


_FORMS: dict[int, tuple[type, ...]] = {
    REQUEST: (int, int, str, list),
    REPLY: (int, int, list),
    CONTROL: (int, int, str, list),
    CONTROL_REPLY: (int, int, list),
    NOTE: (int, int, str, list),
    LEAVE: (int, int),
}


def _check_form(message: list[Any]) -> None:
    """Each kind of message has its fields, or the other side is not to be trusted with an answer."""
    form = _FORMS.get(message[0]) if type(message[0]) is int else None
    if form is None or tuple(map(type, message)) != form:
        raise WireError("a malformed message")
