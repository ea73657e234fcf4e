"""An environment of its own for each program we are compared with, below the user's cache folder."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import programs
from measuring import NotMeasured, say

from grader.witnesses.places import cache_folder

_INSTALL_SECONDS = 900


@dataclass(frozen=True)
class Environment:
    """An installed environment: its folder of programs, and the version of what it is for."""

    bin: Path
    version: str


def environment(name: str, requirements: tuple[str, ...]) -> Environment:
    """The environment *name* with *requirements* from PyPI, made at its first use; the first is what it is for.

    Raises:
        NotMeasured: it cannot be installed; says why.
    """
    folder = cache_folder() / "benchmarks" / f"{name}-{sys.version_info.major}.{sys.version_info.minor}"
    complete = folder / "complete"
    binaries = folder / "bin"
    if not complete.exists():
        say(f"installing {', '.join(requirements)} into {folder}")
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        _do([sys.executable, "-m", "venv", str(folder)])
        _do([str(binaries / "python"), "-m", "pip", "install", "--quiet", "--no-input", *requirements])
        complete.touch()
    package = requirements[0].partition("[")[0]
    asked = f"from importlib.metadata import version; print(version({package!r}))"
    return Environment(binaries, _do([str(binaries / "python"), "-I", "-c", asked]).strip())


def _do(command: list[str]) -> str:
    try:
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=_INSTALL_SECONDS, stdin=subprocess.DEVNULL,
            env=programs.environment(),
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        lines = [line for line in (error.stdout + error.stderr).splitlines() if line.strip()]
        reason = lines[-1] if lines else f"exit code {error.returncode}"
        raise NotMeasured(f"cannot be installed: {reason[:200]}") from None
    except subprocess.TimeoutExpired:
        raise NotMeasured(f"cannot be installed within {_INSTALL_SECONDS} s") from None
    return done.stdout
