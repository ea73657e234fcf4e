"""The known mistakes of a challenge, as `mistakes.json` records them: which checks each one fails, and why."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from grader.errors import BrokenCourse
from grader.events import CheckFinished
from grader.model import Outcome

FILE = "mistakes.json"
_VARYING = re.compile(r"(?<!\w)'[^']*'|\"[^\"]*\"|0x[0-9a-f]+|\d[\d.,]*")
"""Values that a run draws or a submission chose."""
_PLACE = re.compile(r" at [^\s:]+\.py:\d+")
_OWN_WORDS = re.compile(r"(your code raised \w+).*", re.DOTALL)
_REASON_LENGTH = 160


@dataclass(frozen=True)
class Mistake:
    """One known mistake.

    Arguments:
        id: the stem of its file in ``wrong/``.
        name: what is wrong, "refused requests are counted".
        believes: what the learner who makes it believes.
        hint: a sentence or two that point at it.
        section: the spec's section to read, "§2".
        tier: the highest tier whose checks are told apart by it; what it does to higher ones is not recorded.
        fails: the checks it fails, each with the reason that was given, see `reason_of`.
    """

    id: str
    name: str
    believes: str
    hint: str
    section: str
    tier: int
    fails: Mapping[str, str]


def reason_of(result: CheckFinished) -> str:
    """Why a check failed, in words that are the same for every submission with the same mistake."""
    why = _VARYING.sub("…", _PLACE.sub("", _OWN_WORDS.sub(r"\1", result.because or result.message)))
    kind = "" if result.outcome is Outcome.FAILED else f"{result.outcome.value}: "
    return (kind + why)[:_REASON_LENGTH]


def read_mistakes(folder: Path) -> tuple[Mistake, ...]:
    """The recorded mistakes of the challenge in *folder*; none where nothing was recorded yet.

    Raises:
        BrokenCourse: the record cannot be read; says how to write it anew.
    """
    file = folder / FILE
    try:
        stamp = file.stat().st_mtime_ns
    except OSError:
        return ()
    return _read(file, stamp)


@lru_cache(maxsize=16)
def _read(file: Path, _stamp: int) -> tuple[Mistake, ...]:
    try:
        data: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
        return tuple(Mistake(**entry) for entry in data)
    except (OSError, ValueError, TypeError) as error:
        raise BrokenCourse(file, "cannot be read", f"{error}; write it anew with `levelup verify --record`") from None


def write_mistakes(folder: Path, mistakes: tuple[Mistake, ...]) -> None:
    """Record *mistakes* for the challenge in *folder*, in one step."""
    entries = [asdict(mistake) | {"fails": dict(sorted(mistake.fails.items()))} for mistake in mistakes]
    text = json.dumps(sorted(entries, key=lambda entry: str(entry["id"])), indent=1, ensure_ascii=False)
    fresh = folder / f".{FILE}.new"
    fresh.write_text(text + "\n", encoding="utf-8")
    fresh.replace(folder / FILE)
