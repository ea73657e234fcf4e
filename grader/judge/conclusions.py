"""Concludes a verdict from the exception that ended a check's phase, a suite's own surprise included."""

import sqlite3
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from grader.judge.items import question_of
from grader.judge.verdicts import Verdict, verdict_on
from grader.model import NOT_WRITTEN, Outcome

NOT_RUN = Verdict(Outcome.INFRA_ERROR, "the grader could not work: the check did not run to its end")
_PLAIN_MISUSE = (AttributeError, TypeError, ValueError, LookupError, sqlite3.Error)
_STORES_MISUSE = (
    ("psycopg2", ("ProgrammingError", "DataError", "IntegrityError")),
    ("redis.exceptions", ("ResponseError",)),
)
_GRADER = Path(__file__).resolve().parent.parent


_WITH_QUESTION = (Outcome.FAILED, Outcome.TIMEOUT, Outcome.CRASHED)


def conclude(item: pytest.Item, when: str, error: BaseException) -> Verdict:
    """The verdict on *item*, whose phase *when* ("setup", "call", "teardown") ended with *error*."""
    verdict = _conclude(item, when, error)
    if verdict.outcome not in _WITH_QUESTION or verdict.message.startswith(NOT_WRITTEN):
        return verdict
    return replace(verdict, ask=question_of(item))


def _conclude(item: pytest.Item, when: str, error: BaseException) -> Verdict:
    expected = when == "call" and item.get_closest_marker("xfail") is not None
    if expected or isinstance(error, pytest.skip.Exception | pytest.xfail.Exception):
        return Verdict(Outcome.SKIPPED, str(error))
    verdict = verdict_on(error)
    if verdict.outcome is not Outcome.INFRA_ERROR:
        return verdict
    excinfo = pytest.ExceptionInfo.from_exception(error)
    if when == "call" and isinstance(error, _misuse()) and _is_of_suite(excinfo, item.path.parent):
        return Verdict(
            Outcome.FAILED,
            f"the check could not go on with what your code returned or stored: {error}",
            "a value of the kind the spec names",
            f"{type(error).__name__}: {error}",
            "the spec says what each call returns; the last call and its answer are listed",
        )
    entry = excinfo.traceback[-1]
    place = f"{Path(str(entry.path)).name}:{entry.lineno + 1}"
    return Verdict(verdict.outcome, f"{verdict.message} ({place})")


def _misuse() -> tuple[type[BaseException], ...]:
    """What a check's own line raises when the submission returned, or stored, something else than the spec says."""
    loaded = [(sys.modules[module], names) for module, names in _STORES_MISUSE if module in sys.modules]
    return (*_PLAIN_MISUSE, *(getattr(module, name) for module, names in loaded for name in names))


def _is_of_suite(excinfo: pytest.ExceptionInfo[BaseException], folder: Path) -> bool:
    """Whether the error arose in the suite's own files, or in a library they called; not in the grader."""
    paths = [Path(str(entry.path)) for entry in excinfo.traceback]
    ours = [path for path in paths if path.parent == folder or path.is_relative_to(_GRADER)]
    return bool(ours) and ours[-1].parent == folder
