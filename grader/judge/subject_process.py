"""One subject's process as the judge holds it: the wire, its deadline, its output, and how it ended."""

import contextlib
import os
import re
import select
import signal
import socket
import threading
from collections.abc import Callable
from typing import Any

from grader.errors import (
    Frame,
    MemberMissing,
    NurseryGone,
    SubjectCrashed,
    SubjectError,
    SubjectRaised,
    SubjectTimedOut,
    WireError,
)
from grader.judge.exports import Exports, TheirError
from grader.judge.output import Output
from grader.judge.words import printable, short
from grader.nursery import mail
from grader.nursery.custody import kill_group
from grader.wire.frames import Frames
from grader.wire.peer import EXIT_WIRE_LOST, DeadlinePassed, Peer, WireClosed

Reply = list[Any]
_CRASH_LINE = re.compile(r'^  File "(.+)", line (\d+) in (.+)$', re.MULTILINE)


class SubjectProcess:
    """A subject, alive until it crashes, times out or is ended.

    Arguments:
        nursery: the connection to the subjects' nursery.
        exports: the judge's objects it may call.
        output: makes the reader of its output from the pipe's reading end; None leaves it the terminal.
        folder: where the learner's files are.
        cwd: its scratch folder.
        memory: its address space in bytes, 0 for no limit.
        hash_seed: run it in an interpreter of its own with this PYTHONHASHSEED.
    """

    def __init__(
        self,
        nursery: mail.Line,
        exports: Exports,
        output: Callable[[int], Output] | None,
        folder: str,
        cwd: str,
        memory: int,
        hash_seed: int | None = None,
    ) -> None:
        self._exports = exports
        self.folder = folder
        ours, theirs = socket.socketpair()
        self._status, status_write = os.pipe()
        self._crash, crash_write = os.pipe()
        fds = [theirs.fileno(), crash_write, status_write]
        self.output: Output | None = None
        if output is None:
            fds += [0, 1, 2]
        else:
            out_read, out_write = os.pipe()
            fds.append(out_write)
        answer = nursery.ask({"cwd": cwd, "memory": memory, "hash_seed": hash_seed}, fds)
        theirs.close()
        os.close(status_write)
        os.close(crash_write)
        if output is not None:
            os.close(out_write)
            self.output = output(out_read)
        if answer is None:
            raise NurseryGone("the process that forks subjects ended")
        self.pid: int = answer[0]["pid"]
        self._peer = Peer(Frames(ours), self._serve, lambda *_: [], first_lane=0)
        self._peer.start()
        self._ending = threading.Lock()
        self._over = False
        self._ended: SubjectError | None = None
        self.on_callback: Callable[[str, str], None] = lambda *_: None
        """Told what the submission does to the judge's objects, and what came of it."""

    # -- asking ------------------------------------------------------------------------------------------------

    def request(self, call: str, seconds: float | None, operation: str, *arguments: Any) -> Any:  # noqa: ANN401
        """Ask the subject; *call* names the request in messages.

        Raises:
            SubjectRaised, MemberMissing, SubjectTimedOut, SubjectCrashed, SubjectError: what the submission did.
        """
        try:
            reply = self._peer.request(operation, *arguments, seconds=seconds)
        except DeadlinePassed:
            ended = SubjectTimedOut(call, seconds or 0, self._where())
            self.end(ended)
            raise ended from None
        except WireClosed:
            raise self._death(call) from None
        return self._understand(reply, call)

    def control(self, operation: str, *arguments: Any) -> Reply:  # noqa: ANN401
        """Ask the subject's reading thread; an unresponsive or dead one is left to the next request."""
        with contextlib.suppress(DeadlinePassed, WireClosed):
            return self._peer.ask_control(operation, *arguments, seconds=2.0)
        return []

    @property
    def alive(self) -> bool:
        """Whether it can still be asked."""
        return self._ended is None and not self._peer.closed.is_set()

    @property
    def asked(self) -> bool:
        """Whether some judge thread still waits for its reply."""
        return self._peer.asking

    def leave_lane(self) -> None:
        """This judge thread asks no more."""
        self._peer.leave()

    def end(self, why: SubjectError | None = None) -> None:
        """End the process and what it started; *why* is what later requests are told. A second call does nothing."""
        with self._ending:
            if self._over:
                return
            self._over = True
            self._ended = self._ended or why or SubjectCrashed("the submission's process was ended by the judge")
        kill_group(self.pid)
        self._peer.close()
        for fd in (self._status, self._crash):
            with contextlib.suppress(OSError):
                os.close(fd)

    # -- inside ------------------------------------------------------------------------------------------------

    def _understand(self, reply: Reply, call: str) -> Any:  # noqa: ANN401
        try:
            match reply[0]:
                case "ok":
                    return reply[1]
                case "raised":
                    _, name, bases, message, frames, same = reply
                    text = printable(str(message))
                    raise SubjectRaised(str(name), tuple(map(str, bases)), text, _frames(frames), same=same is True)
                case "missing":
                    raise MemberMissing(printable(str(reply[1])), _frames(reply[2]))
                case "unusable":
                    raise SubjectError(
                        f"{call} returned something that cannot be looked at: {printable(str(reply[1]))}"
                    )
        except (IndexError, KeyError, ValueError, TypeError, OverflowError):
            pass
        ended = SubjectCrashed(f"the submission tampered with the grader's own connection during {call}")
        self.end(ended)
        raise ended

    def _where(self) -> tuple[Frame, ...]:
        with contextlib.suppress(DeadlinePassed, WireClosed, WireError, ValueError, TypeError):
            lane = getattr(self._peer._here, "lane", 0)  # noqa: SLF001 - the lane this thread has just asked on
            return _frames(self._peer.ask_control("where", lane, seconds=0.5))
        return ()

    def _death(self, call: str) -> SubjectError:
        with self._ending:  # one thread finds out, `end` waits: the descriptors are read once and are still open
            if self._ended is not None:
                return self._ended
            if self._peer.broken:
                kill_group(self.pid)
                self._ended = SubjectCrashed(
                    f"the submission wrote to the grader's own connection ({self._peer.broken})"
                )
            else:
                message = _how_it_ended(self._exit_code(), call)
                self._ended = SubjectCrashed(message, self._last_frames())
        return self._ended

    def _exit_code(self) -> int | None:
        ready, _, _ = select.select([self._status], [], [], 2.0)
        if not ready:
            kill_group(self.pid)
            return None
        with contextlib.suppress(ValueError):
            return int(os.read(self._status, 32))
        return None

    def _last_frames(self) -> tuple[Frame, ...]:
        """The learner's frames in what the interpreter wrote about a signal that ended it."""
        os.set_blocking(self._crash, False)
        with contextlib.suppress(OSError):
            text = os.read(self._crash, 65536).decode("utf-8", "replace")
            found = [
                Frame(os.path.relpath(match[1], self.folder), int(match[2]), printable(match[3]))
                for match in _CRASH_LINE.finditer(text)
                if match[1].startswith(self.folder + os.sep)
            ]
            return tuple(reversed(found[:20]))
        return ()

    def _serve(self, operation: str, arguments: list[Any]) -> Reply:
        from grader.judge.proxies import pack, unpack  # noqa: PLC0415 - proxies hold processes

        if operation != "invoke":
            return ["missing", f"unknown operation {operation}"]
        try:
            number, method, packed_args, packed_kwargs = arguments
            args, kwargs = unpack(packed_args, self), unpack(packed_kwargs, self)
            text = self._exports.text_of(number, str(method), args, kwargs)
            try:
                result = self._exports.invoke(number, str(method), args, kwargs)
            except BaseException as error:
                self.on_callback(text, f"raised {type(error).__name__}: {error}"[:160])
                raise
            self.on_callback(text, f"→ {short(result)}")
            return ["ok", pack(result, self)]
        except WireError as error:
            return ["missing", str(error)]
        except SubjectRaised as error:  # the judge's function called back and the submission raised: hand it on
            return ["raise", "builtins", "RuntimeError", pack([str(error)], self)]
        except SubjectError as error:
            return ["missing", str(error)]
        except TheirError as error:
            return ["raise own", getattr(error.kind, "_number", -1), pack(list(error.args), self)]
        except BaseException as error:  # noqa: BLE001 - what the suite's function raises is for the submission
            plain = [arg if isinstance(arg, str | int | float | bool | None) else str(arg) for arg in error.args]
            return ["raise", type(error).__module__, type(error).__qualname__, pack(plain, self)]


def _frames(data: Any) -> tuple[Frame, ...]:  # noqa: ANN401 - from the wire
    return tuple(Frame(printable(str(f[0])), int(f[1]), printable(str(f[2])), printable(str(f[3]))) for f in data[:20])


def _how_it_ended(code: int | None, call: str) -> str:
    if code is None:
        return f"the submission's process ended during {call}"
    if code == EXIT_WIRE_LOST:
        return f"the submission closed the grader's own connection during {call}"
    if code >= 0:
        return f"the submission's process ended during {call}: it called os._exit({code}), or a library did"
    name = signal.Signals(-code).name if -code in signal.valid_signals() else f"signal {-code}"
    why = {
        "SIGSEGV": " (a crash inside C code, or recursion too deep for the stack)",
        "SIGKILL": " (it was killed: out of memory, or it killed itself)",
        "SIGABRT": " (a library gave up)",
    }.get(name, "")
    return f"the submission's process was ended by {name}{why} during {call}"
