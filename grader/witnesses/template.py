"""Keeps a freshly made PostgreSQL data directory in the cache, so that later servers start from a copy."""

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from grader.witnesses.account import Account
from grader.witnesses.places import cache_folder
from grader.witnesses.server_process import bare_environment
from grader.witnesses.unavailable import ServerUnavailable
from grader.witnesses.wheels import PostgresPrograms

RECIPE = 1
"""Raised whenever the arguments of initdb change, so that old templates are not used any more."""

INITDB_ARGUMENTS = (
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
    "--no-instructions",
    "--wal-segsize=1",
)
_SECONDS_TO_MAKE = 60.0


class _Thinned(Exception):
    """The copy holds other files or fewer bytes than the template was made with."""


def make_data_directory(data: Path, programs: PostgresPrograms, account: Account) -> None:
    """Make *data* a data directory that *account* owns: a copy of the template, else by initdb (0.5 s).

    The template is read-only for us after it was made. It appears by one rename, so it is there whole or not
    at all; two runs that find none wait for each other at a lock, and the second copies what the first made.
    A template that has lost files since is noticed by count and size, and made again. If the cache cannot be
    written there is none.

    Arguments:
        data: must not exist; the folder it lies in must be reachable for *account*.
        programs: whose initdb makes it; every version has a template of its own.
        account: who the server will run as; every uid has a template of its own.

    Raises:
        ServerUnavailable: initdb failed; the message has its output.
    """
    template = template_folder(programs, account)
    if _copy(template, data, account):
        return
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(_locked(template))
        except OSError:
            _initdb(data, programs, account)
            return
        if not _copy(template, data, account):
            _initdb(data, programs, account)
            _keep(data, template)


def forget_template(programs: PostgresPrograms, account: Account) -> None:
    """Remove the template: a server would not start from a copy of it."""
    with contextlib.suppress(OSError), _locked(template_folder(programs, account)):
        _discard(template_folder(programs, account))


def template_folder(programs: PostgresPrograms, account: Account) -> Path:
    """Where the template for this version and user is kept."""
    uid = os.geteuid() if account.uid is None else account.uid
    return cache_folder() / "postgres" / f"{programs.version}-{uid}-{RECIPE}"


@contextlib.contextmanager
def _locked(template: Path) -> Iterator[None]:
    """Be the only process that makes or removes *template*; a process that dies loses the lock."""
    template.parent.mkdir(parents=True, exist_ok=True)
    with template.with_name(f"{template.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _copy(template: Path, data: Path, account: Account) -> bool:
    """Copy the template to *data* for *account*; False, leaving nothing, if there is no whole one."""
    try:
        expected = json.loads((template / "whole.json").read_text())
        shutil.copytree(template / "data", data, copy_function=shutil.copyfile)
        data.chmod(0o700)
        if expected != _inventory(data):
            raise _Thinned  # treated like a file that cannot be read
        account.own(data)
    except (OSError, ValueError, _Thinned):
        shutil.rmtree(data, ignore_errors=True)
        return False
    return True


def _keep(data: Path, template: Path) -> None:
    """Make a copy of *data* the template. The lock is held: nobody else puts one there meanwhile."""
    unfinished = Path(tempfile.mkdtemp(dir=template.parent, prefix=".unfinished-"))
    try:
        shutil.copytree(data, unfinished / "data", copy_function=shutil.copyfile)
        (unfinished / "whole.json").write_text(json.dumps(_inventory(unfinished / "data")))
        _discard(template)
        unfinished.rename(template)
    except OSError:
        # Without room for a template the server still has its own data directory.
        shutil.rmtree(unfinished, ignore_errors=True)


def _discard(template: Path) -> None:
    """Take *template* away by one rename first, so that nobody who comes now copies from half of it."""
    if not template.exists():
        return
    grave = Path(tempfile.mkdtemp(dir=template.parent, prefix=".broken-"))
    template.rename(grave / template.name)
    shutil.rmtree(grave, ignore_errors=True)


def _inventory(data: Path) -> dict[str, int]:
    """How many files *data* holds, and how many bytes."""
    sizes = [Path(folder, name).stat().st_size for folder, _, files in os.walk(data) for name in files]
    return {"files": len(sizes), "bytes": sum(sizes)}


def _initdb(data: Path, programs: PostgresPrograms, account: Account) -> None:
    """Make *data* from nothing, as *account*."""
    data.mkdir(mode=0o700)
    account.own(data)
    try:
        made = subprocess.run(  # noqa: S603  # a server's own program
            [programs.initdb, "--pgdata", data, *INITDB_ARGUMENTS],
            user=account.uid,
            group=account.gid,
            extra_groups=account.groups,
            env=bare_environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS_TO_MAKE,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(data, ignore_errors=True)
        message = f"initdb could not make a data directory: {error}"
        raise ServerUnavailable(message) from error
    if made.returncode != 0:
        shutil.rmtree(data, ignore_errors=True)
        message = f"initdb could not make a data directory in {data}:\n{made.stdout.strip()}"
        raise ServerUnavailable(message)
