"""The owner's side of the nursery: start it, connect to it, ask it for judges; it ends with its owner."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Self

from grader.errors import NurseryGone
from grader.nursery import mail
from grader.nursery.scratch import scratch_root

ROOT = Path(__file__).resolve().parent.parent.parent
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TERM", "USER", "SYSTEMROOT", "TZ",
         "DATABASE_URL", "REDIS_URL", "LEVELUP_CACHE", "XDG_CACHE_HOME", "LD_LIBRARY_PATH")  # fmt: skip
"""What of the environment the nursery sees; nothing that tells a submission it is being graded."""


class Nursery:
    """A running nursery.

    Arguments:
        terminal: stay in this terminal's session, so that a debugged submission can use it.
    """

    def __init__(self, *, terminal: bool = False) -> None:
        ours, theirs = socket.socketpair()
        self._line = mail.Line(ours)
        environment = {key: os.environ[key] for key in _KEPT if key in os.environ}
        environment |= {"MALLOC_ARENA_MAX": "2", "PYTHONUTF8": "1"}
        boot = (
            f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
            f"import os; os.dup2({theirs.fileno()}, 3); "
            "from grader.nursery.main import main; main()"
        )
        self._home = tempfile.TemporaryDirectory(prefix="levelup-", dir=scratch_root(), ignore_cleanup_errors=True)
        self.home = Path(self._home.name)
        self.log = self.home / "nursery.log"
        with theirs, self.log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
                [sys.executable, "-I", "-c", boot],
                pass_fds=[theirs.fileno()],
                env=environment,
                stdin=None if terminal else subprocess.DEVNULL,
                stdout=None if terminal else log,
                stderr=None if terminal else log,
                cwd=self._home.name,
                start_new_session=not terminal,
            )

    @property
    def pid(self) -> int:
        """The nursery's process id."""
        return self._process.pid

    def connect(self) -> tuple[socket.socket, socket.socket]:
        """New connections to the subjects' nursery and to the servers' process."""
        _, fds = self._ask({"want": "connection"})
        return socket.socket(fileno=fds[0]), socket.socket(fileno=fds[1])

    def warm(self, hidden: Path, challenge: dict[str, Any]) -> None:
        """Have the suite in *hidden* collected, so that the next judge starts at once."""
        self._ask({"want": "warm", "hidden": str(hidden), "challenge": challenge})

    def judge(self, hidden: Path, challenge: dict[str, Any], request: dict[str, Any]) -> socket.socket:
        """Start a judge for the suite in *hidden*; its events arrive as lines on the returned socket."""
        ours, theirs = socket.socketpair()
        with theirs:
            request = {**request, "home": str(self.home)}
            letter = {"want": "judge", "hidden": str(hidden), "challenge": challenge, "request": request}
            try:
                self._ask(letter, [theirs.fileno()])
            except NurseryGone:
                ours.close()
                raise
        return ours

    def close(self) -> None:
        """End the nursery and everything it forked or started; wait until all is gone."""
        self._line.close()
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._home.cleanup()

    def _ask(self, letter: mail.Letter, fds: list[int] | None = None) -> tuple[mail.Letter, list[int]]:
        answer = self._line.ask(letter, fds)
        if answer is None or "problem" in answer[0]:
            with contextlib.suppress(OSError):
                tail = self.log.read_text(errors="replace")[-2000:].strip()
                raise NurseryGone(f"the process that forks judges and subjects ended. {tail}")
            raise NurseryGone("the process that forks judges and subjects ended")
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
