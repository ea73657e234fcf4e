"""Why a submission could not be imported, in the learner's terms."""

import re

from grader.errors import SubjectCrashed, SubjectError, SubjectRaised, SubjectTimedOut, SubmissionNotLoaded

_PLACE = re.compile(r" \([^()]+, line \d+\)$")


def not_loaded(name: str, error: SubjectError) -> SubmissionNotLoaded:
    """What to tell of *error*, which importing the file *name* ended with."""
    where = error.frames[-1] if error.frames else None
    at = f"{where.file}:{where.line}: " if where else f"{name}: "
    match error:
        case SubjectRaised(name="SyntaxError" | "IndentationError" | "TabError"):
            plain = _PLACE.sub("", error.message)  # the place stands in front already
            return SubmissionNotLoaded(f"{at}{error.name}: {plain}", error.frames)
        case SubjectRaised(name="ModuleNotFoundError"):
            advice = "A solution may import the standard library, what the course installs, and files beside it."
            return SubmissionNotLoaded(f"{at}{error.message}. {advice}", error.frames)
        case SubjectRaised(name="SystemExit"):
            return SubmissionNotLoaded(f"{at}calls sys.exit() while it is being imported", error.frames)
        case SubjectRaised():
            return SubmissionNotLoaded(f"{at}importing it raised {error}", error.frames)
        case SubjectTimedOut():
            advice = "Start loops and servers in functions, not at import."
            return SubmissionNotLoaded(
                f"{at}importing it did not end within {error.seconds:g} s. {advice}", error.frames
            )
        case SubjectCrashed():
            return SubmissionNotLoaded(f"{name}: {error.message}")
    return SubmissionNotLoaded(f"{name}: {error.message}")
