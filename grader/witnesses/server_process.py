"""One server as a process: its log, its pid file, its lifeline, and an end that always comes."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from grader.witnesses import identity, running
from grader.witnesses.account import OURSELVES, Account
from grader.witnesses.lifeline import Lifeline
from grader.witnesses.unavailable import ServerUnavailable

SECONDS_TO_END = 5.0


def bare_environment() -> dict[str, str]:
    """What a server sees of the user's environment: where shared libraries lie, which its program may need to start."""
    libraries = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"} | libraries


class ServerProcess:
    """A started server. Only the process that started it can end it; in a forked child ``end`` does nothing.

    It runs in a session of its own, so Ctrl-C in the terminal does not reach it before its owner is done with
    it, and with a bare environment, so nothing like PGPORT in the user's shell changes what it does.

    Arguments:
        command: the program and its arguments.
        what: the server's name in messages and in the pid file.
        log: a file its output is appended to.
        account: who it runs as.
        ending: the signal that ends it at once.
        disposable: a temporary folder to remove with it, should this process be killed.
        talks: connect its standard input and output to ``input`` and ``output``, not to nothing and
            the log.

    Raises:
        ServerUnavailable: the program could not be started.
    """

    def __init__(  # seven facts about one process, all but three with defaults
        self,
        command: Sequence[str | Path],
        *,
        what: str,
        log: Path,
        account: Account = OURSELVES,
        ending: signal.Signals = signal.SIGKILL,
        disposable: Path | None = None,
        talks: bool = False,
    ) -> None:
        self.log = log
        self._what = what
        self._ending = ending
        self._owner = os.getpid()
        self._ended = threading.Lock()
        try:
            with log.open("ab") as output:
                self._popen = subprocess.Popen(  # noqa: S603  # a server's own program
                    command,
                    stdin=subprocess.PIPE if talks else subprocess.DEVNULL,
                    stdout=subprocess.PIPE if talks else output,
                    stderr=output,
                    user=account.uid,
                    group=account.gid,
                    extra_groups=account.groups,
                    env=bare_environment(),
                    cwd="/",
                    start_new_session=True,
                )
        except OSError as error:
            message = f"{what} could not be started: {error}"
            raise ServerUnavailable(message) from error
        self.pid = self._popen.pid
        self._started = identity.started_at(self.pid) or ""
        self._pid_file = running.record(self.pid, self._started, what, ending, disposable)
        belongings = [path for path in (self._pid_file, disposable) if path is not None]
        try:
            self._lifeline = Lifeline(self.pid, ending, belongings)
        except OSError as error:
            # A server that nobody watches over is worse than none.
            self._popen.kill()
            self._popen.wait()
            running.forget(self._pid_file)
            message = f"{what} could not be started: {error}"
            raise ServerUnavailable(message) from error

    @property
    def input(self) -> IO[bytes]:
        """The server's standard input, for one that talks."""
        return _open(self._popen.stdin)

    @property
    def output(self) -> IO[bytes]:
        """The server's standard output, for one that talks."""
        return _open(self._popen.stdout)

    def alive(self) -> bool:
        """Whether the process is still there; asks the kernel by pid and start time in a forked child."""
        if os.getpid() == self._owner:
            return self._popen.poll() is None
        return identity.same_process(self.pid, self._started)

    def end(self) -> None:
        """Send the ending signal, after five seconds SIGKILL, and wait until it is gone. Can be repeated."""
        if os.getpid() != self._owner:
            return
        with self._ended:
            if self._popen.poll() is None:
                self._popen.send_signal(self._ending)
                # A stopped process keeps every signal but SIGKILL until it is woken.
                self._popen.send_signal(signal.SIGCONT)
                try:
                    self._popen.wait(SECONDS_TO_END)
                except subprocess.TimeoutExpired:
                    self._popen.kill()
                    self._popen.wait()
            for pipe in (self._popen.stdin, self._popen.stdout):
                if pipe is not None:
                    with contextlib.suppress(BrokenPipeError):
                        pipe.close()
            self._lifeline.release()
            running.forget(self._pid_file)

    def gave_up(self, trouble: str) -> ServerUnavailable:
        """End the server and make the error that says *trouble* with the last lines of its log."""
        self.end()
        try:
            lines = self.log.read_text(errors="replace").splitlines()[-8:]
        except OSError:
            lines = []
        told = "\n".join(f"    {line}" for line in lines)
        return ServerUnavailable(f"{self._what} {trouble}" + (f"; the end of its log:\n{told}" if told else ""))


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    """The pipe of a server that talks."""
    if pipe is None:
        message = "this server was not started with talks=True"
        raise ValueError(message)
    return pipe
