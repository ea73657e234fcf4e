"""Reads the challenge folders: challenge.toml becomes a Challenge, a broken one names file, key and fix."""

import math
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any

from grader.errors import BrokenCourse, UnknownChallenge
from grader.model import Challenge, Limits

_KEYS: dict[str, tuple[type, str]] = {
    "title": (str, 'a line of text, e.g. title = "Cache with a time to live"'),
    "goal": (str, "one sentence in quotes: what the learner builds"),
    "module": (str, 'the module\'s name without ".py", e.g. module = "cache"'),
    "order": (int, "a whole number, e.g. order = 4"),
    "difficulty": (str, 'one of "easy", "medium", "hard"'),
    "minutes": (int, "a whole number of minutes, e.g. minutes = 90"),
    "tiers": (int, "the highest tier open to learners: 1, 2 or 3"),
    "needs": (list, 'a list of servers, e.g. needs = ["redis"] or needs = []'),
}
_CHOICES = {"difficulty": ("easy", "medium", "hard"), "tiers": (1, 2, 3), "needs": ("redis", "postgres")}


class Catalog:
    """All challenges below a course's root, in order.

    Arguments:
        root: the folder that holds ``challenges/``.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def challenges(self) -> tuple[Challenge, ...]:
        """Every challenge, by its order.

        Raises:
            BrokenCourse: a folder is wrong; names file, key and fix.
        """
        folder = self.root / "challenges"
        files = sorted(folder.glob("[0-9][0-9]_*/challenge.toml"))
        if not files:
            raise BrokenCourse(folder, "no challenges", "each needs a folder NN_name with a challenge.toml")
        return tuple(sorted(map(read, files), key=lambda challenge: challenge.order))

    def find(self, name: str) -> Challenge:
        """The challenge with that number ("5", "05"), folder name or module name.

        Raises:
            UnknownChallenge: none has it.
        """
        wanted = name.strip().rstrip("/").rpartition("/")[2]
        number = wanted.zfill(2) if wanted.isdigit() else wanted
        for challenge in self.challenges:
            if number in (challenge.number, challenge.slug, challenge.module):
                return challenge
        known = ", ".join(challenge.slug for challenge in self.challenges)
        raise UnknownChallenge(f"there is no challenge {name!r}; there are {known}")

    def owner_of(self, path: Path) -> Challenge:
        """The challenge whose folder holds *path*.

        Raises:
            UnknownChallenge: none does.
        """
        for challenge in self.challenges:
            if path.resolve().is_relative_to(challenge.folder.resolve()):
                return challenge
        raise UnknownChallenge(f"{path} belongs to no challenge")


def read(file: Path) -> Challenge:
    """The challenge that *file*, a challenge.toml, describes.

    Raises:
        BrokenCourse: it is no TOML, a key is missing, unknown or of the wrong type, or the stub is not there.
    """
    data = _parse(file)
    limits = _limits(file, data.pop("limits", {}))
    data.setdefault("tiers", 3)
    _check_keys(file, data)
    folder = file.parent
    challenge = Challenge(
        number=folder.name[:2],
        slug=folder.name,
        folder=folder,
        needs=tuple(data.pop("needs")),
        limits=limits,
        **data,
    )
    if not challenge.stub.is_file():
        raise BrokenCourse(
            file, "module", f"names {challenge.module!r}, but there is no {challenge.stub.name} beside it"
        )
    return challenge


def _parse(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BrokenCourse(file, "not TOML", str(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenCourse(file, "cannot be read", str(error)) from None


def _check_keys(file: Path, data: dict[str, Any]) -> None:
    for key, (kind, fix) in _KEYS.items():
        if key not in data:
            raise BrokenCourse(file, key, f"is missing; write {fix}")
        if type(data[key]) is not kind:
            raise BrokenCourse(file, key, f"is {data[key]!r}; write {fix}")
    for key in data:
        if key not in _KEYS:
            raise BrokenCourse(file, key, f"is not known; the keys are {', '.join(_KEYS)}, limits")
    for key in ("difficulty", "tiers"):
        if data[key] not in _CHOICES[key]:
            raise BrokenCourse(file, key, f"is {data[key]!r}; write {_KEYS[key][1]}")
    for server in data["needs"]:
        if server not in _CHOICES["needs"]:
            raise BrokenCourse(file, "needs", f"names {server!r}; known are {', '.join(map(str, _CHOICES['needs']))}")


def _limits(file: Path, data: Any) -> Limits:  # noqa: ANN401 - straight from TOML
    if type(data) is not dict:
        raise BrokenCourse(file, "limits", f"is {data!r}; write a table [limits]")
    for key, value in data.items():
        default = getattr(Limits(), key, None)
        if default is None:
            raise BrokenCourse(
                file, f"limits.{key}", "is not known; there are call_seconds, output_bytes, memory_bytes"
            )
        number = type(value) in ((int,) if type(default) is int else (int, float))
        if not number or not 0 < value < math.inf:
            raise BrokenCourse(file, f"limits.{key}", f"is {value!r}; write a number above 0, e.g. {key} = {default}")
    return Limits(**data)
