"""What a submission leaves behind: threads cost it its process, child processes end with it, neither costs a check."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.model import Outcome
from grader.testing import attr

SUITE = """
@check(tier=1, section="§1")
def test_leaves(subject, tmp_path):
    \"\"\"Something is left running.\"\"\"
    expect(subject.leave(), "leave()").equals(None)

@check(tier=1, section="§1")
def test_next(subject):
    \"\"\"The next check has a process without it.\"\"\"
    expect(subject.left(), "left()").equals(LEFT)
"""


def gone(pid: int) -> bool:
    """Whether the process is dead; one that nobody has waited for counts."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


def wait_until(answer: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether *answer* became true in time."""
    until = time.monotonic() + seconds
    while not answer():
        if time.monotonic() > until:
            return False
        os.sched_yield()
    return True


@pytest.mark.parametrize(
    "start",
    [
        "threading.Thread(target=threading.Event().wait, daemon=True).start()",
        "threading.Thread(target=threading.Event().wait).start()",
        "seen.append(concurrent.futures.ThreadPoolExecutor(2)) or seen[-1].submit(len, '')",
        "threading.Timer(9999, print).start()",
        "threading.Thread(target=forever).start() or threading.Thread(target=forever, daemon=True).start()",
    ],
    ids=["daemon", "plain", "idle pool", "timer", "two"],
)
def test_a_thread_left_running_costs_the_process_only(judged: Callable[..., Any], start: str) -> None:
    """The check passes, and the next one has a fresh process."""
    source = f"""
    import concurrent.futures, threading
    seen = []
    def forever():
        threading.Event().wait()
    def leave():
        seen.append(1)
        {start}
    def left():
        return seen
    """
    run = judged(SUITE.replace("LEFT", "[]"), source)
    assert run.outcomes == {"leaves": Outcome.PASSED, "next": Outcome.PASSED}


def test_without_leftovers_the_process_stays(judged: Callable[..., Any]) -> None:
    """One process serves all checks of a suite."""
    source = "seen = []\ndef leave():\n    seen.append(1)\ndef left():\n    return seen\n"
    run = judged(SUITE.replace("LEFT", "[1]"), source)
    assert run.outcomes["next"] is Outcome.PASSED


def test_fresh_processes_on_request(judged: Callable[..., Any]) -> None:
    """A run can ask for a process for every check."""
    source = "seen = []\ndef leave():\n    seen.append(1)\ndef left():\n    return seen\n"
    run = judged(SUITE.replace("LEFT", "[]"), source, fresh=True)
    assert run.outcomes["next"] is Outcome.PASSED


def test_a_check_may_ask_for_a_fresh_process(judged: Callable[..., Any]) -> None:
    """A check marked so gets a process of its own."""
    suite = SUITE.replace("LEFT", "[]").replace('@check(tier=1, section="§1")\ndef test_next',
                                               '@check(tier=1, section="§1", fresh=True)\ndef test_next')  # fmt: skip
    source = "seen = []\ndef leave():\n    seen.append(1)\ndef left():\n    return seen\n"
    assert judged(suite, source).outcomes["next"] is Outcome.PASSED


CHILDREN = {
    "a child": "pid = subprocess.Popen(['sleep', '600']).pid",
    "a child in a session of its own": "pid = subprocess.Popen(['sleep', '600'], start_new_session=True).pid",
    "a fork that holds the wire": "pid = os.fork()\n    if not pid:\n        signal.pause()",
    "a daemon": (
        "r, w = os.pipe()\n    if not os.fork():\n        os.setsid()\n        if (pid := os.fork()):\n"
        "            os.write(w, str(pid).encode())\n            os._exit(0)\n        signal.pause()\n"
        "    pid = int(os.read(r, 20))"
    ),
    "a child that ignores signals": (
        "pid = os.fork()\n    if not pid:\n        for n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\n"
        "        while True: signal.pause()"
    ),
    "a multiprocessing worker": (
        "p = multiprocessing.get_context('fork').Process(target=signal.pause)\n    p.start()\n    pid = p.pid"
    ),
}


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see processes")
@pytest.mark.parametrize(
    ("kind", "end"),
    [
        *[(kind, "") for kind in CHILDREN],
        *[(kind, "os._exit(0)") for kind in CHILDREN],
        ("a daemon", "while True: pass"),
    ],
)
def test_a_child_left_running_ends_with_the_run(
    judged: Callable[..., Any], tmp_path: Path, kind: str, end: str
) -> None:
    """It is no time-out of its own, holds nothing open, and is dead after the run however its parent ended."""
    note = tmp_path / "pid"
    source = (
        "import multiprocessing, os, pathlib, signal, subprocess\n"
        f"def leave():\n    {CHILDREN[kind]}\n    pathlib.Path({str(note)!r}).write_text(str(pid))\n    {end}\n"
        "def left():\n    return 'fine'\n"
    )
    run = judged(SUITE.replace("LEFT", '"fine"'), source, limits=f"call_seconds = {0.5 if 'while' in end else 20.0}")
    expected = {"": "passed", "os._exit(0)": "crashed"}.get(end, "timeout")
    assert run.outcomes == {"leaves": expected, "next": Outcome.PASSED}
    pid = int(note.read_text(encoding="utf-8"))
    assert wait_until(lambda: gone(pid)), f"{kind} lives on as {pid}"


def test_each_submission_works_in_a_scratch_folder(subject_of: Callable[..., Any], tmp_path: Path) -> None:
    """The working folder is empty and not the learner's own."""
    subject = subject_of("import os\nwhere = os.getcwd()\nthere = os.listdir()\n")
    assert attr(subject, "there") == []
    assert not Path(attr(subject, "where")).is_relative_to(tmp_path)
