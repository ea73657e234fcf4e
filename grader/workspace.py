"""The learner's own files: a folder per challenge, made from the stubs once and never overwritten by a newer course."""

import contextlib
import datetime as dt
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from grader.errors import WorkspaceError
from grader.model import Challenge

VARIABLE = "LEVELUP_WORKSPACE"
STATE = ".levelup"


class Workspace:
    """A learner's folder.

    Arguments:
        folder: where it is; made by `prepare`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of_learner(cls, root: Path) -> "Workspace":
        """The one ``LEVELUP_WORKSPACE`` names, else ``workspace/`` in the course's *root*."""
        named = os.environ.get(VARIABLE)
        return cls(Path(named).expanduser().resolve() if named else root / "workspace")

    @property
    def state(self) -> Path:
        """The folder of the progress store and of backups."""
        return self.folder / STATE

    def file(self, challenge: Challenge) -> Path:
        """The learner's file for *challenge*."""
        return self.folder / challenge.slug / f"{challenge.module}.py"

    def prepare(self, challenges: tuple[Challenge, ...]) -> list[Path]:
        """Make the folder and put each missing stub into it; returns what was made.

        Raises:
            WorkspaceError: it cannot be written; says where and why.
        """
        made = []
        try:
            self.state.mkdir(parents=True, exist_ok=True)
            for challenge in challenges:
                file = self.file(challenge)
                if file.exists() or file.is_symlink():
                    continue
                file.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(file, challenge.stub.read_bytes())
                self._remember_stub(challenge)
                made.append(file)
        except OSError as error:
            raise WorkspaceError(
                f"the workspace {self.folder} cannot be written: {error.strerror or error}. "
                f"Free some space or name another folder with {VARIABLE}=/path/to/folder"
            ) from error
        return made

    def reset(self, challenge: Challenge) -> Path | None:
        """Put the stub back; returns where the old file was moved to, or None if there was none to keep.

        Raises:
            WorkspaceError: it cannot be written; the old file is still in its place.
        """
        file = self.file(challenge)
        backup = None
        try:
            if file.exists() and file.read_bytes() != challenge.stub.read_bytes():
                backup = self._backup_name(challenge)
                backup.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, backup)
            file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(file, challenge.stub.read_bytes())
            self._remember_stub(challenge)
        except OSError as error:
            raise WorkspaceError(f"{file} cannot be reset: {error.strerror or error}") from error
        return backup

    def started(self, challenge: Challenge) -> bool:
        """Whether the learner's file differs from the stub it began as, or from today's."""
        with contextlib.suppress(OSError):
            mine = self.file(challenge).read_bytes()
            if mine == challenge.stub.read_bytes():
                return False
            first = self._first_stub(challenge)
            return not first.is_file() or mine != first.read_bytes()
        return False

    def _first_stub(self, challenge: Challenge) -> Path:
        return self.state / "stubs" / f"{challenge.slug}.py"

    def _remember_stub(self, challenge: Challenge) -> None:
        """Keep the stub as it was handed out: a newer course may have another one."""
        first = self._first_stub(challenge)
        first.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(first, challenge.stub.read_bytes())

    @contextlib.contextmanager
    def watched(self) -> Iterator[bool]:
        """Hold the workspace's lock while an app is open on it; yields False when another one holds it already."""
        self.state.mkdir(parents=True, exist_ok=True)
        with (self.state / "open.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                first = True
            except OSError:
                first = False
            yield first

    def _backup_name(self, challenge: Challenge) -> Path:
        stamp = dt.datetime.now(tz=dt.UTC).astimezone().strftime("%Y%m%d-%H%M%S")
        folder = self.state / "backups" / challenge.slug
        name = folder / f"{challenge.module}-{stamp}.py"
        number = 1
        while name.exists():
            number += 1
            name = folder / f"{challenge.module}-{stamp}-{number}.py"
        return name


def write_atomically(file: Path, content: bytes) -> None:
    """Replace *file* by *content* in one step: a reader sees the old or the new, a full disk leaves the old."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as temporary:
            temporary.write(content)
            temporary.flush()
            os.fsync(temporary.fileno())
        mode = file.stat().st_mode & 0o777 if file.exists() else 0o666 & ~_umask()
        os.chmod(name, mode)  # noqa: PTH101 - a name, not yet a Path
        os.replace(name, file)  # noqa: PTH105
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)  # noqa: PTH108
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
