"""The command line as a user runs it: in a process of its own, on a workspace of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grader.nursery.client import ROOT


@dataclass(frozen=True)
class Ended:
    """A command that ended: exit code, data, narration."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """The data as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    def checks(self) -> dict[str, str]:
        """Outcome by check."""
        return {event["check"]: event["outcome"] for event in self.events if event["event"] == "check_finished"}


Levelup = Callable[..., Ended]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Where the commands of a test keep the learner's files."""
    return tmp_path / "workspace"


@pytest.fixture
def environment(workspace: Path) -> dict[str, str]:
    """The environment of the commands."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "LEVELUP", "COV"))}
    cache = {"LEVELUP_CACHE": os.environ["LEVELUP_CACHE"]} if "LEVELUP_CACHE" in os.environ else {}
    return {**kept, **cache, "LEVELUP_WORKSPACE": str(workspace), "PYTHONUTF8": "1"}


@pytest.fixture
def levelup(environment: dict[str, str], tmp_path: Path) -> Levelup:
    """Runs ``levelup`` with some arguments to its end."""

    def run(*arguments: str, **more: str) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "grader", *arguments],
            env={**environment, **more},
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def reference() -> Callable[[str], Path]:
    """The reference solution's file of a challenge, by its folder's name."""

    def find(slug: str) -> Path:
        return ROOT / "solutions" / slug / f"{slug[3:]}.py"

    return find
