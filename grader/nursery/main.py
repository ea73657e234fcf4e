"""The nursery's first process: introduces clients to the three it forks (subjects, judges, servers), no more.

::

    owner ──▶ nursery ─┬─ subjects: imports warm, forks one process per submission run
                       ├─ judges ─── one per suite, collected; forks one process per run
                       └─ servers: PostgreSQL, Valkey, fake Redis, each started at first need

Single-threaded all the way: nothing with threads ever forks. When the owner ends, its socket closes and all goes.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

from grader.nursery import custody, mail, scratch

OWNER_FD = 3


def main() -> NoReturn:
    """Serve the owner on descriptor 3 until it closes it."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGTSTP):
        signal.signal(number, signal.SIG_IGN)
    os.set_inheritable(OWNER_FD, False)
    home = Path.cwd()
    with contextlib.suppress(OSError):
        # Held while this process lives: who cleans up sees that the folder is in use.
        lock = (home / scratch.LOCK).open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
    Nursery(socket.socket(fileno=OWNER_FD)).run()
    shutil.rmtree(home, ignore_errors=True)  # the owner may have been killed
    os._exit(0)


_Stamp = tuple[tuple[str, int, int], ...]
"""What a suite looked like: name, time of change and size of each of its files."""


class Nursery:
    """Answers its owner's letters one at a time."""

    def __init__(self, owner: socket.socket) -> None:
        self._owner = owner
        self._children: dict[str, tuple[socket.socket, int]] = {}
        self._suites: dict[str, tuple[_Stamp, socket.socket]] = {}

    def run(self) -> None:
        """Serve until the owner is gone, then end the children and wait for them, servers last."""
        self._child("subjects")
        while (received := mail.receive(self._owner)) is not None:
            letter, fds = received
            answer, gifts = self._answer(letter, fds)
            for fd in fds:
                os.close(fd)
            with contextlib.suppress(OSError):
                mail.send(self._owner, answer, [gift.fileno() for gift in gifts])
            for gift in gifts:
                gift.close()
        self._forget_suites()
        for sock, _ in self._children.values():
            sock.close()
        for _, pid in self._children.values():
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)

    def _answer(self, letter: mail.Letter, fds: list[int]) -> tuple[mail.Letter, list[socket.socket]]:
        match letter["want"]:
            case "connection":
                return {}, [self._introduce("subjects"), self._introduce("servers")]
            case "warm":
                self._suite(letter)
                return {}, []
            case "judge":
                subjects, servers = self._introduce("subjects"), self._introduce("servers")
                with subjects, servers:
                    for kind in letter["challenge"].get("needs", ()):
                        # The server starts while the suite is collected and the submission imported.
                        mail.send(servers, {"do": "prepare", "kind": kind})
                    self._pass_on(letter, [fds[0], subjects.fileno(), servers.fileno()])
                return {}, []
        return {"problem": f"unknown letter {letter}"}, []

    def _pass_on(self, letter: mail.Letter, fds: list[int]) -> None:
        """Give *letter* to its suite's collector, or to a new one when that has ended (its suite's code ended it)."""
        try:
            mail.send(self._suite(letter), letter, fds)
        except OSError:
            known = self._suites.pop(letter["hidden"], None)
            if known is not None:
                known[1].close()
            with contextlib.suppress(OSError):  # the judge's end of the events closes, and the run says so
                mail.send(self._suite(letter), letter, fds)

    def _introduce(self, kind: str) -> socket.socket:
        """One end of a new connection to *kind*; that process has the other."""
        ours, theirs = socket.socketpair()
        with theirs:
            mail.send(self._child(kind), {}, [theirs.fileno()])
        return ours

    def _child(self, kind: str) -> socket.socket:
        known = self._children.get(kind)
        if known is not None and os.waitpid(known[1], os.WNOHANG) != (0, 0):  # somebody killed it: fork another
            self._children.pop(kind)[0].close()
            if kind == "judges":
                self._forget_suites()
        if kind not in self._children:
            ours, theirs = socket.socketpair()
            pid = os.fork()
            if pid == 0:
                self._become(kind, theirs)
            theirs.close()
            self._children[kind] = (ours, pid)
        return self._children[kind][0]

    @staticmethod
    def _become(kind: str, parent: socket.socket) -> NoReturn:
        try:
            # Descriptors on their way to somebody else are open here too: a judge's events must end with the judge.
            custody.close_all_but(parent.fileno())
            if kind == "subjects":
                from grader.nursery import subjects  # noqa: PLC0415 - each child imports only its own part

                subjects.serve(parent)
            elif kind == "judges":
                from grader.nursery import judges  # noqa: PLC0415

                judges.serve(parent)
            else:
                from grader.nursery import servers  # noqa: PLC0415

                servers.serve(parent)
        except BaseException:  # noqa: BLE001 - reported on stderr; the owner sees a closed socket
            sys.excepthook(*sys.exc_info())
        os._exit(70)

    def _suite(self, letter: mail.Letter) -> socket.socket:
        """The connection to the judge that has this suite collected; a new one when the suite's files changed."""
        hidden = letter["hidden"]
        stamp = _stamp(Path(hidden))
        known = self._suites.get(hidden)
        if known is not None and known[0] == stamp:
            return known[1]
        if known is not None:
            known[1].close()
        ours, theirs = socket.socketpair()
        with theirs:
            mail.send(self._child("judges"), {"hidden": hidden, "challenge": letter["challenge"]}, [theirs.fileno()])
        self._suites[hidden] = (stamp, ours)
        return ours

    def _forget_suites(self) -> None:
        for _, suite in self._suites.values():
            suite.close()
        self._suites.clear()


def _stamp(hidden: Path) -> _Stamp:
    facts = []
    for file in sorted(hidden.rglob("*.py")):
        with contextlib.suppress(OSError):  # it may be on its way out
            seen = file.stat()
            facts.append((str(file), seen.st_mtime_ns, seen.st_size))
    return tuple(facts)
