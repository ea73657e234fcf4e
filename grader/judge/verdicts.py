"""Turns how a check ended into its outcome and an explanation in the learner's terms."""

from dataclasses import dataclass

from grader.errors import (
    Frame,
    GraderError,
    MemberMissing,
    SubjectCrashed,
    SubjectError,
    SubjectRaised,
    SubjectTimedOut,
    SubmissionNotLoaded,
)
from grader.judge.failure import CheckFailed
from grader.model import NOT_WRITTEN, Outcome
from grader.timeline import Moment


@dataclass(frozen=True)
class Verdict:
    """An outcome and its explanation; all texts are plain and printable."""

    outcome: Outcome
    message: str = ""
    expected: str = ""
    got: str = ""
    because: str = ""
    frames: tuple[Frame, ...] = ()
    timeline: tuple[Moment, ...] = ()
    ask: str = ""

    @property
    def where(self) -> str:
        """The learner's line closest to the error, "cache.py:41", or ""."""
        return f"{self.frames[-1].file}:{self.frames[-1].line}" if self.frames else ""

    @property
    def traceback(self) -> tuple[str, ...]:
        """The learner's own frames, two lines each."""
        return tuple(f"{frame}\n    {frame.text}" if frame.text else str(frame) for frame in self.frames)

    def text(self) -> str:
        """The explanation as a terminal shows it, several lines."""
        parts = [self.message]
        if self.expected or self.got:
            parts += [f"  Expected  {self.expected}", f"  Got       {self.got}"]
        if self.because:
            parts.append(f"  Because   {self.because}")
        if self.ask:
            parts.append(f"  Think     {self.ask}")
        if self.frames:
            parts.append("  Your code")
            parts += [f"    {line}" for frame in self.traceback for line in frame.splitlines()]
        return "\n".join(parts)


PASSED = Verdict(Outcome.PASSED)
NO_EXCEPTION = "no exception"


def verdict_on(error: BaseException) -> Verdict:
    """The verdict on a check that ended with *error*."""
    match error:
        case CheckFailed():
            return Verdict(
                Outcome.FAILED,
                error.message,
                error.expected,
                error.got,
                error.because,
                _frames_behind(error),
                error.timeline,
            )
        case SubmissionNotLoaded():
            return Verdict(Outcome.ERROR, error.message, "the file can be imported", error.message, "", error.frames)
        case SubjectTimedOut():
            return _timed_out(error)
        case SubjectCrashed():
            return Verdict(Outcome.CRASHED, error.message, "the call returns", "the process ended", "", error.frames)
        case SubjectRaised():
            return _raised(error)
        case MemberMissing():
            advice = "names and signatures are in the stub and the spec"
            return Verdict(Outcome.FAILED, error.message, "it is there", error.message, advice, error.frames)
        case SubjectError():
            return Verdict(Outcome.FAILED, error.message, "", error.message, "", error.frames)
        case GraderError():
            return Verdict(Outcome.INFRA_ERROR, f"the grader could not work: {error}")
    return Verdict(Outcome.INFRA_ERROR, f"the check itself failed: {type(error).__name__}: {error}")


def _raised(error: SubjectRaised) -> Verdict:
    place = f" at {error.frames[-1].file}:{error.frames[-1].line}" if error.frames else ""
    if error.name == "NotImplementedError":
        what = f" {error.message}" if error.message else ""
        return Verdict(Outcome.FAILED, f"{NOT_WRITTEN}{place}:{what}".rstrip(": "), "it is written", str(error), "",
                       error.frames)  # fmt: skip
    because = ""
    if error.name == "SystemExit":
        because = "a library must not end the program: return or raise instead"
    elif error.name == "EOFError" and "reading a line" in error.message:
        because = "input() has no keyboard here; `levelup check --debug` gives it one"
    elif error.name == "BdbQuit":
        because = "breakpoint() has no terminal here; `levelup check --debug` gives it one"
    elif error.name == "MemoryError":
        because = "it asked for more memory than a submission may use"
    elif error.name == "TypeError" and ("argument" in error.message or "takes no arguments" in error.message):
        because = "the call is as in the spec: compare your signature with the stub's"
    elif error.name == "RecursionError":
        because = "a function calls itself without end"
    return Verdict(Outcome.FAILED, f"your code raised {error}{place}", NO_EXCEPTION, str(error), because, error.frames)


def _timed_out(error: SubjectTimedOut) -> Verdict:
    because = "a loop does not end, or something waits for what never comes"
    if any("redis" in frame.text.lower() for frame in error.frames):
        because = (
            "a call to Redis does not come back: is the client connected to the host and port that were passed in?"
        )
    return Verdict(
        Outcome.TIMEOUT,
        error.message,
        f"an answer within {error.seconds:g} s",
        "no answer",
        because,
        error.frames,
    )


def _frames_behind(error: CheckFailed) -> tuple[Frame, ...]:
    return error.__cause__.frames if isinstance(error.__cause__, SubjectError) else ()
