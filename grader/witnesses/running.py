"""Pid files: one small JSON file per running server, in the cache folder."""

import contextlib
import json
import os
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import UnionType

from grader.witnesses import identity
from grader.witnesses.places import cache_folder


@dataclass(frozen=True)
class Running:
    """What a pid file says of a server.

    ``started`` and ``owner_started`` identify the two processes beyond their numbers; ``folder`` is the
    temporary folder to remove with the server, or None; ``ending`` the name of the signal that ends it.
    """

    pid: int
    started: str
    what: str
    ending: str
    folder: str | None
    owner: int
    owner_started: str

    @property
    def alive(self) -> bool:
        """Whether that very process is still there."""
        return identity.same_process(self.pid, self.started)

    @property
    def orphaned(self) -> bool:
        """Whether the process that started it is gone."""
        return not identity.same_process(self.owner, self.owner_started)


_KINDS: dict[str, type | UnionType] = {
    "pid": int,
    "started": str,
    "what": str,
    "ending": str,
    "folder": str | None,
    "owner": int,
    "owner_started": str,
}
"""What a pid file must hold to be believed."""


def running_folder() -> Path:
    """Where the pid files are."""
    return cache_folder() / "running"


def record(pid: int, started: str, what: str, ending: signal.Signals, folder: Path | None) -> Path | None:
    """Write the pid file of a server this process has just started.

    A cache folder that cannot be written is no reason to do without servers. The answer is None then, and
    only the lifeline watches over the server.
    """
    owner = os.getpid()
    facts = Running(
        pid=pid,
        started=started,
        what=what,
        ending=ending.name,
        folder=str(folder) if folder is not None else None,
        owner=owner,
        owner_started=identity.started_at(owner) or "",
    )
    target = running_folder() / f"{pid}.json"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=target.parent, prefix=f".{pid}-")
        with os.fdopen(handle, "w") as file:
            json.dump(asdict(facts), file)
        Path(unfinished).replace(target)
    except OSError:
        return None
    return target


def forget(pid_file: Path | None) -> None:
    """Remove a pid file."""
    if pid_file is not None:
        with contextlib.suppress(OSError):
            pid_file.unlink()


def recorded() -> Iterator[tuple[Path, Running | None]]:
    """Every pid file with what it says; None for one that is not ours to understand."""
    for path in sorted(running_folder().glob("*.json")):
        yield path, _read(path)


def _read(path: Path) -> Running | None:
    """What a pid file says, or None if it is damaged."""
    try:
        facts = json.loads(path.read_text())
        right = facts.keys() == _KINDS.keys() and all(isinstance(facts[name], kind) for name, kind in _KINDS.items())
    except (OSError, ValueError, AttributeError):
        return None
    return Running(**facts) if right else None
