"""Where checks keep their files: in memory where the system offers it, since a commit to a disk can cost 10 ms."""

import os
import shutil
from functools import cache
from pathlib import Path

LOCK = "in-use"
"""A file in a run's temporary folder, locked while the run goes on."""
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - Linux' own; every folder in it is made with mkdtemp
_ENOUGH_BYTES = 256 * 1024**2


@cache
def scratch_root() -> str | None:
    """The folder for temporary folders; None means the system's usual one."""
    try:
        free = shutil.disk_usage(_SHARED_MEMORY).free
    except OSError:
        return None
    usable = _SHARED_MEMORY.is_dir() and os.access(_SHARED_MEMORY, os.W_OK | os.X_OK)
    return str(_SHARED_MEMORY) if usable and free >= _ENOUGH_BYTES else None
