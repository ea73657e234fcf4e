"""Where the subject sits: one process at a time, loaded at first use, replaced after a crash or a leftover thread."""

import contextlib
import shutil
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from grader.errors import (
    SubjectCrashed,
    SubjectError,
    SubjectRaised,
    SubmissionNotLoaded,
    WireError,
)
from grader.judge.exports import Exports
from grader.judge.not_loaded import not_loaded
from grader.judge.output import Output
from grader.judge.proxies import MODULE, Handle, pack, unpack
from grader.judge.subject_process import SubjectProcess
from grader.judge.words import short
from grader.model import Limits
from grader.nursery import mail
from grader.timeline import CHECK, YOUR_CODE, Moment

LOAD_SECONDS = 8.0
KEPT_MOMENTS = 100
_MEMORY_BASE = 2 * 1024**3
"""Address space a warm interpreter with its threads may already map, in bytes."""


@dataclass(frozen=True)
class Submission:
    """What is judged: the file, the name it is imported under, and folders it must not import from."""

    path: Path
    module: str
    hidden: tuple[str, ...] = ()


class Seat:
    """The subject of this judge.

    Arguments:
        nursery: the connection to the subjects' nursery.
        submission: what to load.
        limits: what it may use.
        on_output: told what it prints.
        home: the run's temporary folder, for the scratch folder the submission works in.
        debug: leave it the terminal and lift the deadlines.
        hash_seed: for an interpreter of its own in which texts hash by this seed.
    """

    def __init__(
        self,
        nursery: mail.Line,
        submission: Submission,
        limits: Limits,
        on_output: Callable[[str], None],
        *,
        home: str = "",
        debug: bool = False,
        hash_seed: int | None = None,
    ) -> None:
        self._nursery = nursery
        self.submission = submission
        self._hash_seed = hash_seed
        self._killed: SubjectCrashed | None = None
        self._limits = limits
        self._on_output = on_output
        self._debug = debug
        self._process: SubjectProcess | None = None
        self._exports = Exports()
        self._not_loaded: SubmissionNotLoaded | None = None
        self._mutex = threading.RLock()
        self._take_turns = self._takes_turns = False
        self._home = home
        self._scratch = tempfile.mkdtemp(prefix="subject-", dir=home or None)
        self._began = time.monotonic()
        self.offset = 0.0
        self.frozen_at: float | None = None
        self.call_seconds = limits.call_seconds
        self.moments: deque[Moment] = deque(maxlen=KEPT_MOMENTS)
        self.printed = ""
        self._callers: dict[int, int] = {}
        self._siblings: list[Seat] = []
        self._kept_output = ""
        self.served = 0
        """Checks the process that sits here has served."""
        global _current  # noqa: PLW0603 - a judge's first seat is the one its fixtures speak of
        _current = _current or self

    @property
    def module(self) -> Handle:
        """The submission's module, as the fixture `subject` hands it out."""
        return Handle(self, None, MODULE, self.submission.module)

    # -- asking ------------------------------------------------------------------------------------------------

    def ask(self, process: SubjectProcess | None, text: str, operation: str, *arguments: Any) -> Any:  # noqa: ANN401
        """Ask the process a handle belongs to (None: the one that sits here now) and note the call."""
        if self._killed is not None:
            raise self._killed
        asked = process or self._seated()
        if process is not None and not process.alive:
            raise process._death(text)  # noqa: SLF001 - the one answer all later requests get
        packed = [pack(argument, asked) for argument in arguments]
        try:
            reply = asked.request(text, None if self._debug else self.call_seconds, operation, *packed)
        except SubjectError as error:
            raised = isinstance(error, SubjectRaised)
            self.note(text, f"raised {error}"[:160] if raised else error.message)
            raise
        try:
            value = unpack(reply, asked, self)
        except WireError as error:
            raise SubjectError(f"{text} returned something that cannot be looked at: {error}") from None
        if not operation.startswith("race_"):
            self.note(text, f"→ {short(value)}")
        return value

    def note(self, what: str, answer: str, lane: str = "") -> None:
        """Note a moment of the check; *lane* is the calling thread's unless given."""
        if not lane:
            thread = threading.get_ident()
            number = self._callers.setdefault(thread, len(self._callers) + 1)
            lane = CHECK if number == 1 else f"caller {number}"
        self.moments.append(Moment(round(time.monotonic() + self.offset - self._began, 6), lane, what, answer))

    def tell(self, operation: str, *arguments: Any) -> None:  # noqa: ANN401
        """Tell the process that sits here, if one does, and those beside it."""
        for sibling in self._siblings:
            sibling.offset, sibling.frozen_at = self.offset, self.frozen_at
            sibling.tell(operation, *arguments)
        if self._process is not None and self._process.alive:
            self._process.control(operation, *arguments)

    def leave_lane(self) -> None:
        """The calling judge thread asks no more."""
        if self._process is not None:
            self._process.leave_lane()

    # -- one check after another -------------------------------------------------------------------------------

    @property
    def process(self) -> SubjectProcess:
        """The process that sits here, started and loaded if there is none."""
        return self._seated()

    def kill(self) -> None:
        """SIGKILL to the process that sits here; until the check's end every call into it says so."""
        self._killed = SubjectCrashed("the process was killed by the check")
        self._seated().end(self._killed)

    def sibling(self, submission: Submission | None = None, *, hash_seed: int | None = None) -> "Seat":
        """A second subject beside this one, at the same virtual time; it ends with the check.

        Arguments:
            submission: another one to load, as the reference.
            hash_seed: for an interpreter of its own in which texts hash by this seed.
        """
        loaded = submission or self.submission
        seat = Seat(self._nursery, loaded, self._limits, self._on_output, home=self._home, hash_seed=hash_seed)
        seat.offset, seat.frozen_at, seat.moments, seat._began = self.offset, self.frozen_at, self.moments, self._began
        seat._callers, seat.call_seconds = self._callers, self.call_seconds
        self._siblings.append(seat)
        return seat

    def prepare_races(self, *, wanted: bool) -> None:
        """From now on subjects take turns, or no longer do: the next call finds one that fits."""
        self._take_turns = wanted

    def begin_check(self, call_seconds: float | None, *, fresh: bool) -> None:
        """Get ready for a check; *fresh* asks for a process of its own."""
        self.moments.clear()
        self._callers.clear()
        self._callers[threading.get_ident()] = 1
        self.served += 1
        self._killed = None
        self._began = time.monotonic() + self.offset
        self.call_seconds = call_seconds or self._limits.call_seconds
        if fresh:
            self._unseat()

    @contextlib.contextmanager
    def second_look(self) -> Iterator[None]:
        """A subject of its own for the same check once more; what it prints and calls is not told."""
        moments, printed = list(self.moments), self._printed_so_far()
        self._unseat()
        try:
            yield
        finally:
            self._printed_so_far()
            self.moments.clear()
            self.moments.extend(moments)
            self._kept_output = printed
            self._exports.forget()

    def _printed_so_far(self) -> str:
        process = self._process
        if process is None or process.output is None:
            return ""
        if process.alive:
            process.control("end_of_check")
        process.output.settle()
        return process.output.take()

    def end_check(self) -> str:
        """Forget the check's objects and return what was printed.

        A process that left threads running is replaced, and so is one with a call of another judge thread in it: that
        call's deadline would end the process in the middle of the next check.
        """
        for sibling in self._siblings:
            sibling.close()
        self._siblings.clear()
        process = self._process
        printed, self._kept_output = self._kept_output, ""
        if process is not None:
            leftover: list[Any] = [["?"]]
            if process.alive:
                leftover = process.control("end_of_check")
            if process.output is not None:
                process.output.settle()
                printed += process.output.take()
            if not leftover or leftover[0] or process.asked:
                self._unseat()
        self._exports.forget()
        return printed

    def close(self) -> None:
        """End the process and remove its scratch folder."""
        self._unseat()
        shutil.rmtree(self._scratch, ignore_errors=True)

    # -- inside ------------------------------------------------------------------------------------------------

    def _seated(self) -> SubjectProcess:
        with self._mutex:
            if self._not_loaded is not None:
                raise SubmissionNotLoaded(
                    self._not_loaded.message, self._not_loaded.frames
                )  # fresh: no growing traceback
            if self._process is None or not self._process.alive or self._takes_turns is not self._take_turns:
                self._unseat()
                self._process = self._spawn()
                self.served = 1
                self._load(self._process)
            return self._process

    def _spawn(self) -> SubjectProcess:
        output = None if self._debug else partial(Output, keep=self._limits.output_bytes, on_text=self._on_output)
        memory = 0 if self._debug else self._limits.memory_bytes + _MEMORY_BASE
        process = SubjectProcess(
            self._nursery, self._exports, output, str(self.submission.path.parent), self._scratch, memory,
            self._hash_seed,
        )  # fmt: skip
        process.on_callback = partial(self.note, lane=YOUR_CODE)
        self._takes_turns = self._take_turns
        if self._take_turns:
            process.control("take_turns")
        process.control("travel", self.offset)
        if self.frozen_at is not None:
            process.control("freeze", self.frozen_at)
        return process

    def _load(self, process: SubjectProcess) -> None:
        name = self.submission.path.name
        arguments = [str(self.submission.path), self.submission.module, list(self.submission.hidden)]
        try:
            process.request(
                f"import {name}", None if self._debug else LOAD_SECONDS, "load", *[pack(a, process) for a in arguments]
            )
        except SubjectError as error:
            self._not_loaded = not_loaded(name, error)
            raise self._not_loaded from None

    def _unseat(self) -> None:
        self.served = 0
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(OSError):
                process.end()


_current: Seat | None = None


def current_seat() -> Seat:
    """The judge's only seat."""
    if _current is None:
        raise RuntimeError("no submission is being judged")
    return _current
