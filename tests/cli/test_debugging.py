"""``levelup check --debug`` gives breakpoint() and input() the learner's terminal."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

SOURCE = """
class RateLimitedQueue:
    def __init__(self, *arguments, **options):
        pass

    def can_enqueue(self, user_id):
        self.name = input("who? ")
        breakpoint()
        return True
"""


def test_input_and_breakpoint_have_the_terminal(environment: dict[str, str], tmp_path: Path) -> None:
    """What is typed reaches input() and the debugger; ``c`` goes on."""
    file = tmp_path / "task_queue.py"
    file.write_text(SOURCE)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "check", "02", "-k", "limit_is_kept", "--debug", "--submission", str(file)],
        env={**environment, "TERM": "dumb"},
        cwd=tmp_path,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    seen = ""
    try:
        seen = _until(ours, seen, r"who\? ")
        os.write(ours, b"ann\n")
        seen = _until(ours, seen, r"\(Pdb\) ")
        os.write(ours, b"p self.name\n")
        seen = _until(ours, seen, r"'ann'")
        os.write(ours, b"q\n")
        seen = _until(ours, seen, r"checks passed")
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _until(terminal: int, seen: str, pattern: str) -> str:
    """Read the terminal until *pattern* shows."""
    deadline = time.monotonic() + 40
    while not re.search(pattern, seen):
        ready, _, _ = select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, f"{pattern!r} did not show; there was {seen!r}"
        seen += os.read(terminal, 4096).decode(errors="replace")
    return seen
