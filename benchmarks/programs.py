"""Runs other programs as a user would, takes the time of each line they print, and leaves none behind."""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measuring import SECOND, NotMeasured

LONGEST_SECONDS = 120.0
"""No program measured here takes as long on any machine."""

_OURS_ALONE = ("PYTHON", "PYTEST", "VIRTUAL_ENV", "COVERAGE")
"""What begins so would change how the programs start, and a user's shell has none of it."""


@dataclass(frozen=True)
class Finished:
    """A program's end: the whole time, its lines with the time of each since the start (in ms), its exit code."""

    ms: float
    lines: tuple[tuple[float, str], ...]
    code: int
    errors: str

    def times_of(self, kind: str) -> list[float]:
        """When events of that *kind* arrived, of a program that prints one JSON event a line."""
        return [at for at, event in self._events() if event.get("event") == kind]

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The events of that *kind*."""
        return [event for _, event in self._events() if event.get("event") == kind]

    def _events(self) -> list[tuple[float, dict[str, Any]]]:
        found = []
        for at, line in self.lines:
            with contextlib.suppress(ValueError):
                found.append((at, json.loads(line)))
        return found


def environment(**more: str) -> dict[str, str]:
    """A user's environment: ours without what steers the interpreter or pytest, and with *more*."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS_ALONE)}
    return kept | more


def run(command: Sequence[str | Path], cwd: Path, env: dict[str, str], *, codes: Sequence[int] = (0,)) -> Finished:
    """Run *command* to its end.

    Arguments:
        codes: the exit codes that mean that it worked.

    Raises:
        NotMeasured: it ended with another code or did not end; says what it printed.
    """
    with tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(word) for word in command], cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=errors, text=True, errors="replace", start_new_session=True,
        )  # fmt: skip
        with ended(process):
            assert process.stdout is not None
            lines = [((time.perf_counter() - began) * SECOND, line) for line in process.stdout]
            try:
                code = process.wait(timeout=LONGEST_SECONDS)
            except subprocess.TimeoutExpired:
                code = -signal.SIGKILL
            ms = (time.perf_counter() - began) * SECOND
        errors.seek(0)
        told = errors.read().decode("utf-8", "replace")
    if code not in codes:
        said = ("".join(line for _, line in lines[-15:]) + told[-1500:]).strip()
        raise NotMeasured(f"{' '.join(map(str, command))} ended with {code}: {said}")
    return Finished(ms, tuple(lines), code, told)


@contextlib.contextmanager
def ended(process: "subprocess.Popen[Any]", polite: signal.Signals | None = None):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """Within it the process may run; afterwards it and its group are gone, also after Ctrl-C.

    Arguments:
        polite: a signal it may end upon before it is killed.
    """
    try:
        yield process
    finally:
        if polite is not None and process.poll() is None:
            process.send_signal(polite)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
