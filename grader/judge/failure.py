"""The failure of a check: a promise that was not kept, in the learner's terms."""

from grader.timeline import Moment


class CheckFailed(AssertionError):
    """A promise was not kept. All four parts are plain text for the learner."""

    def __init__(self, message: str, *, expected: str = "", got: str = "", because: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected
        self.got = got
        self.because = because
        self.timeline: tuple[Moment, ...] = ()
