"""Tells a process from a later one with the same number, by the moment it started."""

import os
import subprocess
import sys
from pathlib import Path

_PROC = Path("/proc")
_STATE, _STARTED = 0, 19
"""Fields of /proc/PID/stat counted from the one after the name, see proc_pid_stat(5)."""


def started_at(pid: int) -> str | None:
    """When process *pid* started, as a text good only for comparing; None if it is gone or a zombie.

    On Linux the boot and the clock tick since then, elsewhere what ``ps`` says, exact to a second.
    """
    if pid <= 0:
        return None
    return _from_proc(pid) if sys.platform == "linux" else _from_ps(pid)


def same_process(pid: int, started: str) -> bool:
    """Whether *pid* is still the process that had started at *started*."""
    return started_at(pid) == started


def _from_proc(pid: int) -> str | None:
    """Linux: the start time in clock ticks since boot, behind the boot's own id."""
    try:
        facts = (_PROC / str(pid) / "stat").read_text(errors="replace")
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    # The name stands in parentheses and may hold spaces and parentheses itself.
    fields = facts.rpartition(")")[2].split()
    return None if fields[_STATE] in {"Z", "X"} else f"{boot} {fields[_STARTED]}"


def _from_ps(pid: int) -> str | None:
    """Elsewhere: ``ps`` prints the state and the start in local time, so language and zone are fixed."""
    answer = subprocess.run(  # noqa: S603  # a fixed command
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],  # noqa: S607  # found on the system's default path
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    state, _, started = answer.partition(" ")
    return started.strip() if state and not state.startswith("Z") else None
