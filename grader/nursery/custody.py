"""What a process does about its parent's death and its orphaned descendants, where the system can tell (Linux)."""

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LINUX = sys.platform == "linux"
_libc = ctypes.CDLL(None, use_errno=True) if _LINUX else None


def close_all_but(*kept: int) -> None:
    """Close every descriptor above the standard three but *kept*."""
    low = 3
    for fd in sorted(kept):
        os.closerange(low, fd)
        low = fd + 1
    os.closerange(low, max(low, min(os.sysconf("SC_OPEN_MAX"), 4096)))


def die_with_parent() -> None:
    """Be killed when the parent process ends, however it ends. Other systems rely on closed sockets."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ended, so that `kill_strays` can find them."""
    if _libc is not None:
        _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def kill_strays(known: set[int]) -> None:
    """End the direct children of this process that are not in *known*: what a submission left running."""
    if not _LINUX:
        return
    try:
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    except OSError:
        return
    for word in children.split():
        if int(word) not in known:
            kill_group(int(word))


def kill_group(pid: int) -> None:
    """SIGKILL the process *pid* and its group, if it leads one."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)
