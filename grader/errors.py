"""Every error the grader raises on purpose, as one tree, with the exit code each one ends a command with.

::

    LevelUpError                     3  the grader itself could not work
    ├── UsageError                   2  asked for something that is not there
    │   ├── UnknownChallenge            no such challenge; names the ones there are
    │   ├── SubmissionUnusable          no file to judge at that path, or not a readable one
    │   └── WorkspaceError              the learner's folder cannot be made or written
    ├── BrokenCourse                 3  a challenge folder is wrong: file, key, fix
    ├── GraderError                  3  a part of the grader failed
    │   ├── ServerUnavailable           no PostgreSQL, Valkey or fake Redis could be started (grader.witnesses)
    │   ├── NurseryGone                 the process that forks judges and subjects ended
    │   └── WireError                   the two sides of the wire disagree
    │       ├── NotTransferable         a value cannot cross by copy and is no handle either
    │       └── MessageTooLarge         a message over the cap
    └── SubjectError                    what the judged code did; the judge turns it into an outcome
        ├── SubjectRaised               an exception came out of the submission
        ├── SubjectTimedOut             a call was still running at its deadline
        ├── SubjectCrashed              the submission's process ended
        ├── SubmissionNotLoaded         the file could not be imported
        └── MemberMissing               no such class, function, method or attribute
"""

from dataclasses import dataclass
from pathlib import Path

EXIT_PASSED = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_GRADER = 3
EXIT_INTERRUPTED = 130


class LevelUpError(Exception):
    """Base of all errors raised on purpose; never raised itself."""

    exit_code = EXIT_GRADER


class UsageError(LevelUpError):
    """The user asked for something that is not there; the message says what to do next."""

    exit_code = EXIT_USAGE


class UnknownChallenge(UsageError):
    """No challenge has that number or name."""


class SubmissionUnusable(UsageError):
    """There is no file to judge at that path, or it cannot be read."""


class WorkspaceError(UsageError):
    """The learner's folder cannot be made or written."""


class BrokenCourse(LevelUpError):
    """A challenge folder is wrong.

    Arguments:
        file: the file that is wrong.
        key: the key or place in it.
        fix: what to write instead.
    """

    def __init__(self, file: Path, key: str, fix: str) -> None:
        super().__init__(f"{file}: {key}: {fix}")
        self.file = file
        self.key = key
        self.fix = fix


class GraderError(LevelUpError):
    """A part of the grader failed; never the learner's fault."""


class NurseryGone(GraderError):
    """The process that forks judges and subjects ended unexpectedly."""


class WireError(GraderError):
    """The two sides of the wire disagree about a message."""


class NotTransferable(WireError):
    """A value can neither be copied to the other side nor stand there as a handle."""


class MessageTooLarge(WireError):
    """A message is larger or deeper than the wire's caps allow."""


@dataclass(frozen=True)
class Frame:
    """One line of the learner's own code on the way to an error: file name, line number, function, source text."""

    file: str
    line: int
    function: str
    text: str = ""

    def __str__(self) -> str:
        """Where it is, as an editor would take it."""
        return f"{self.file}:{self.line}" + (f" in {self.function}" if self.function else "")


class SubjectError(LevelUpError):
    """Something the judged code did. *frames* are its own lines only, outermost first."""

    def __init__(self, message: str, frames: tuple[Frame, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.frames = frames


class SubjectRaised(SubjectError):
    """An exception came out of the submission: *name* of its class, *bases* up to BaseException, its message."""

    def __init__(
        self, name: str, bases: tuple[str, ...], message: str, frames: tuple[Frame, ...] = (), *, same: bool = False
    ) -> None:
        super().__init__(message, frames)
        self.name = name
        self.bases = bases
        self.same = same

    def is_a(self, *names: str) -> bool:
        """Whether the class or one of its bases has one of *names*."""
        return any(name == self.name or name in self.bases for name in names)

    def __str__(self) -> str:
        """As Python prints it."""
        return f"{self.name}: {self.message}" if self.message else self.name


class SubjectTimedOut(SubjectError):
    """A call was still running at its deadline of *seconds*; the process was ended."""

    def __init__(self, call: str, seconds: float, frames: tuple[Frame, ...] = ()) -> None:
        where = f" at {frames[-1].file}:{frames[-1].line}" if frames else ""
        super().__init__(f"{call} was still running after {seconds:g} s{where}", frames)
        self.call = call
        self.seconds = seconds


class SubjectCrashed(SubjectError):
    """The submission's process ended in the middle of a check."""


class SubmissionNotLoaded(SubjectError):
    """The submission's file could not be imported."""


class MemberMissing(SubjectError):
    """The submission has no such class, function, method or attribute."""
