"""Code that ends, hangs or breaks its process: a clear outcome, and the next check passes on a fresh subject."""

from collections.abc import Callable
from typing import Any

import pytest

from grader.model import Outcome

Judge = Callable[..., Any]
SUITE = """
@check(tier=1, section="§1")
def test_bad(subject):
    \"\"\"The bad call works.\"\"\"
    expect(subject.bad(), "bad()").equals("fine")

@check(tier=1, section="§1")
def test_good(subject):
    \"\"\"The good call works.\"\"\"
    expect(subject.good(), "good()").equals("fine")
"""
GOOD = "\ndef good():\n    return 'fine'\n"
ENDINGS = {
    "os._exit": ("import os\ndef bad():\n    os._exit(0)", "crashed", "os._exit(0)", ""),
    "os._exit in a thread": (
        "from threading import *\nimport os\ndef bad():\n    Timer(0, os._exit, [7]).start(); Event().wait()",
        "crashed", "os._exit(7)", "",
    ),
    "sys.exit": ("import sys\ndef bad():\n    sys.exit(3)", "failed", "your code raised SystemExit: 3", "toy.py:3"),
    "segmentation fault": ("import ctypes\ndef bad():\n    ctypes.string_at(0)", "crashed", "SIGSEGV", "toy.py:3"),
    "abort": ("import os\ndef bad():\n    os.abort()", "crashed", "SIGABRT", "toy.py:3"),
    "killed by itself": ("import os\ndef bad():\n    os.kill(os.getpid(), 9)", "crashed", "SIGKILL", ""),
    "killed with its group": ("import os\ndef bad():\n    os.killpg(0, 9)", "crashed", "SIGKILL", ""),
    "recursion": ("def bad():\n    return bad()", "failed", "RecursionError", "toy.py:2"),
    "8 GB": ("def bad():\n    return bytearray(8 << 30)", "failed", "MemoryError", "toy.py:2"),
    "input": ("def bad():\n    return input('name? ')", "failed", "EOFError", "toy.py:2"),
    "breakpoint": ("def bad():\n    breakpoint()", "failed", "BdbQuit", ""),
    "a value too large": ("def bad():\n    return b'x' * (33 << 20)", "failed", "at most 32 MiB can cross", ""),
    "a value too long": ("def bad():\n    return [0] * 1_000_001", "failed", "more than 1,000,000 items", ""),
    "a value too deep": (
        "def bad():\n    value = []\n    for _ in range(500):\n        value = [value]\n    return value",
        "failed", "nested more than 64 deep", "",
    ),
    "a value within itself": ("def bad():\n    d = {}\n    d['d'] = d\n    return d", "failed", "within itself", ""),
    "every descriptor closed": (
        "import os\ndef bad():\n    os.closerange(0, 256)\n    return 'fine'",
        "crashed", "closed the grader's own connection", "",
    ),
    "standard output closed": (
        "import os\ndef bad():\n    os.close(1)\n    print('x')", "failed", "OSError", "toy.py:4",
    ),
    "junk on the wire": (
        "import os\ndef bad():\n    os.write(3, b'junk' * 50)\n    return 'fine'",
        "crashed", "wrote to the grader's own connection", "",
    ),
    "a half message on the wire": (
        "import os\ndef bad():\n    os.write(3, b'\\0\\0\\0\\2\\x92\\0')\n    return 'fine'",
        "crashed", "wrote to the grader's own connection", "",
    ),
    "a forged reply": (
        "import os\ndef bad():\n    os.write(3, b'\\0\\0\\0\\x0b\\x93\\1\\0\\x91\\xa6passed')\n    return 'fine'",
        "crashed", "tampered with the grader's own connection", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDINGS)
def test_a_bad_ending_is_named_and_the_next_check_passes(judged: Judge, name: str) -> None:
    """One check ends with the right outcome and words; the one after it is judged as if nothing had been."""
    source, outcome, words, where = ENDINGS[name]
    run = judged(SUITE, source + GOOD)
    bad = run.checks["bad"]
    assert (bad.outcome, run.outcomes["good"]) == (outcome, Outcome.PASSED), bad.message
    assert words in bad.message
    assert bad.where == where or not where
    assert run.end.exit_code == 1
    assert not run.end.problem


def test_killing_the_forking_process_gains_nothing(judged: Judge) -> None:
    """A submission that kills its parent gets no pass out of it, and the next run works."""
    run = judged(SUITE, "import os\ndef bad():\n    os.kill(os.getppid(), 9)\n    return 'killed'" + GOOD)
    assert run.outcomes["bad"] is not Outcome.PASSED
    assert run.end.exit_code != 0
    assert judged(SUITE, "def bad():\n    return 'fine'" + GOOD).end.exit_code == 0


@pytest.mark.parametrize(
    ("source", "where"),
    [
        ("def bad():\n    while True: pass\n", "toy.py:2"),
        ("import threading\ndef bad():\n    threading.Event().wait()\n", "toy.py:3"),
        ("import time\ndef bad():\n    helper()\ndef helper():\n    time.sleep(999)\n", "toy.py:5"),
        ("def bad():\n    while True:\n        try:\n            while True: pass\n        except: pass\n", "toy.py:4"),
        ("import signal, time\nsignal.signal(15, signal.SIG_IGN)\ndef bad():\n    time.sleep(999)\n", "toy.py:4"),
    ],
    ids=["loop", "lock", "sleep in a helper", "catches everything", "ignores signals"],
)  # fmt: skip
def test_an_endless_call_ends_at_its_deadline_with_the_line(judged: Judge, source: str, where: str) -> None:
    """The learner reads which of their lines was still running."""
    run = judged(SUITE, source + GOOD, limits="call_seconds = 0.5")
    bad = run.checks["bad"]
    assert bad.outcome is Outcome.TIMEOUT
    assert bad.message == f"bad() was still running after 0.5 s at {where}"
    assert run.outcomes["good"] is Outcome.PASSED


def test_a_stopped_process_is_a_time_out(judged: Judge) -> None:
    """A process that does not even read the wire is ended all the same."""
    source = "import os, signal\ndef bad():\n    os.kill(os.getpid(), signal.SIGSTOP)\n"
    run = judged(SUITE, source + GOOD, limits="call_seconds = 0.3")
    assert run.outcomes == {"bad": Outcome.TIMEOUT, "good": Outcome.PASSED}


def test_after_three_time_outs_the_rest_is_skipped(judged: Judge) -> None:
    """Each further check would only cost its deadline: they are skipped, and skipped is not passed."""
    suite = "".join(
        f'@check(tier=1, section="§1")\ndef test_{n}(subject):\n    """Call {n}."""\n    subject.call({n})\n\n'
        for n in range(5)
    )
    source = "def call(n):\n    while n < 3:\n        pass\n"
    run = judged(suite, source, limits="call_seconds = 0.2")
    assert list(run.outcomes.values()) == ["timeout"] * 3 + ["skipped"] * 2
    assert "3 checks before this one ran into the time limit" in run.checks["3"].message
    assert (run.end.passed, run.end.timeout, run.end.skipped, run.end.exit_code) == (0, 3, 2, 1)


def test_a_call_left_running_does_not_reach_into_the_next_check(judged: Judge) -> None:
    """A background call that never ends costs its own check nothing, and no check after it its process."""
    suite = """
    @check(tier=1, section="§1", call_seconds=0.7)
    def test_leaves(subject, in_background):
        \"\"\"A call is left waiting.\"\"\"
        in_background(subject.hang)
        expect(subject.started(), "started()").equals(True)

    @check(tier=1, section="§1")
    def test_next(subject):
        \"\"\"The next check makes many calls, longer than the other call's deadline.\"\"\"
        expect(subject.wait(1.0), "wait(1.0)").equals(True)
    """
    source = """
    import threading
    begun = threading.Event()
    def hang():
        begun.set()
        threading.Event().wait()
    def started():
        return begun.wait(20)
    def wait(seconds):
        return not threading.Event().wait(seconds)
    """
    run = judged(suite, source)
    assert run.outcomes == {"leaves": Outcome.PASSED, "next": Outcome.PASSED}
