"""Who a server runs as: this user, or an unprivileged one where this user is root."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534
"""The overflow uid and gid, unprivileged everywhere even where no user of that number is listed."""


@dataclass(frozen=True)
class Account:
    """A user to become before a program starts: *uid* and *gid*, or None for staying who we are.

    ``groups`` are the supplementary groups the program keeps: none for another user, unchanged for this one.
    """

    uid: int | None = None
    gid: int | None = None

    @property
    def groups(self) -> list[int] | None:
        """What ``subprocess.Popen(extra_groups=)`` takes."""
        return None if self.uid is None else []

    def own(self, path: Path) -> None:
        """Give *path* and all below it to this account; nothing to do where we stay who we are."""
        if self.uid is None or self.gid is None:
            return
        os.chown(path, self.uid, self.gid)
        for folder, folders, files in os.walk(path):
            for name in (*folders, *files):
                os.chown(Path(folder, name), self.uid, self.gid, follow_symlinks=False)


OURSELVES = Account()


def unprivileged_account() -> Account:
    """Who PostgreSQL runs as: it refuses to be root, so root lends it ``nobody``."""
    if os.geteuid() != 0:
        return OURSELVES
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return Account(NOBODY, NOBODY)
    return Account(nobody.pw_uid, nobody.pw_gid)


def reachable(path: Path, account: Account) -> bool:
    """Whether *account* may read the file or enter the folder *path*, by owner, group and mode alone.

    Access control lists are not looked at: where only they allow it, the answer is a cautious no.

    Arguments:
        path: a file or folder that exists.
        account: who asks; for ourselves the answer is always yes.
    """
    if account.uid is None:
        return True
    real = path.resolve()
    return _allowed(real, account, stat.S_IXOTH if real.is_dir() else stat.S_IROTH) and all(
        _allowed(folder, account, stat.S_IXOTH) for folder in real.parents
    )


def _allowed(path: Path, account: Account, bits: int) -> bool:
    """Whether the mode of *path* grants *account* all of *bits*, given as the bits for others."""
    facts = path.stat()
    if facts.st_uid == account.uid:
        bits <<= 6
    elif facts.st_gid == account.gid:
        bits <<= 3
    return facts.st_mode & bits == bits
