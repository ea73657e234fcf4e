"""Where servers keep things: the user's cache folder and short, private temporary folders."""

import os
import tempfile
from pathlib import Path

import platformdirs

from grader.nursery.scratch import scratch_root
from grader.witnesses.account import Account, reachable
from grader.witnesses.unavailable import ServerUnavailable

TEMPORARY_PREFIX = "levelup-"
"""Every temporary folder's name begins with this; nothing else is ever removed as a leftover."""

LONGEST_SOCKET_PATH = 99
"""A unix socket's path holds 104 bytes on macOS and 108 on Linux, with the closing zero byte."""


def cache_folder() -> Path:
    """What outlives a run: the folder LEVELUP_CACHE names, else the user's cache folder. It may not exist."""
    chosen = os.environ.get("LEVELUP_CACHE")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("levelup"))


def has_room_for_socket(folder: Path) -> bool:
    """Whether the path of PostgreSQL's socket in *folder* is short enough for every system."""
    return len(os.fsencode(folder / ".s.PGSQL.65535")) <= LONGEST_SOCKET_PATH


def temporary_folder(account: Account) -> Path:
    """Make a private temporary folder with a short path, in memory if possible, for servers that *account* runs.

    A PostgreSQL data directory is a thousand small files: in memory they are copied in 0.1 s, on a busy disk in 2 s.

    The folder is this user's own, mode 0700. Where *account* is somebody else it becomes 0711: that account
    may pass through to a folder of its own, and nobody can list the names.

    Arguments:
        account: who the servers run as.

    Raises:
        ServerUnavailable: no folder for temporary files is reachable for *account* with a path short enough.
    """
    usual = tempfile.gettempdir()
    for parent in (scratch_root() or usual, usual, "/tmp", "/var/tmp"):  # noqa: S108  # mkdtemp: a name of its own, 0700
        folder = Path(parent)
        if (
            folder.is_dir()
            and reachable(folder, account)
            and has_room_for_socket(folder / "levelup-12345678/postgres/home")
        ):
            made = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=folder))
            if account.uid is not None:
                made.chmod(0o711)
            return made
    message = f"user {account.uid} can enter no folder for temporary files: set TMPDIR to one everyone may enter"
    raise ServerUnavailable(message)
