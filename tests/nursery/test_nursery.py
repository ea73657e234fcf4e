"""The nursery: nothing outlives its owner, edited suites are collected anew, and a broken one breaks nothing else."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.errors import NurseryGone
from grader.events import CheckStarted
from grader.model import Outcome
from grader.nursery.client import ROOT, Nursery
from grader.run.collection import collect
from grader.run.runner import Assignment, Run

SUITE = """
@check(tier=1, section="§1")
def test_it(subject):
    \"\"\"It.\"\"\"
    expect(subject.one(), "one()").equals(1)
"""
SOURCE = "def one(): return 1\n"
OWNER = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job starts with it ignored
sys.path.insert(0, {root!r})
from pathlib import Path
from grader.nursery.client import Nursery
from grader.catalog import read
from grader.run.runner import Assignment, Run
nursery = Nursery()
run = Run(nursery, (Assignment(read(Path({toml!r})), Path({file!r})),), "x")
for event in run:
    if type(event).__name__ == "OutputWritten":
        print(nursery.pid, event.text, flush=True)
"""
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc to see processes")


def descendants(pid: int) -> set[int]:
    """All processes below *pid*, by their parents."""
    below: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
            below.setdefault(parent, []).append(int(folder.name))
    found, todo = set(), [pid]
    while todo:
        for child in below.get(todo.pop(), []):
            found.add(child)
            todo.append(child)
    return found


def living(pids: set[int]) -> set[int]:
    """Those of *pids* that are no zombies and not gone."""
    alive = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            alive.add(pid)
    return alive


def all_gone(pids: set[int], seconds: float = 20.0) -> bool:
    """Whether all of *pids* end in time."""
    until = time.monotonic() + seconds
    while living(pids):
        if time.monotonic() > until:
            return False
        os.sched_yield()
    return True


@linux
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
def test_a_killed_owner_leaves_no_process(toy: Any, written: Any, number: signal.Signals) -> None:
    """In the middle of a call, the owner is killed: nursery, judge, subject and its child all end."""
    challenge = toy(SUITE, limits="call_seconds = 600.0")
    file = written("""
        import os, subprocess, threading
        def one():
            print(os.getpid(), subprocess.Popen(["sleep", "600"], start_new_session=True).pid, flush=True)
            threading.Event().wait()
    """)
    code = OWNER.format(root=str(ROOT), toml=str(challenge.folder / "challenge.toml"), file=str(file))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as owner:
        assert owner.stdout is not None
        nursery, subject, child = map(int, owner.stdout.readline().split())
        pids = descendants(owner.pid) | {nursery, subject, child}
        assert len(pids) >= 6
        assert living({nursery, subject, child}) == {nursery, subject, child}
        owner.send_signal(number)
    assert all_gone(pids), f"{living(pids)} live on"


@linux
def test_closing_waits_until_all_is_gone(toy: Any, written: Any) -> None:
    """After close there is no process and no folder left."""
    with Nursery() as nursery:
        assert Run(nursery, (Assignment(toy(SUITE), written(SOURCE)),), "x")
        assert [*Run(nursery, (Assignment(toy(SUITE), written(SOURCE)),), "x")][-1].exit_code == 0
        pids, home = descendants(nursery.pid) | {nursery.pid}, nursery.home
    assert all_gone(pids)
    assert not home.exists()


def test_a_nursery_that_ended_says_so(toy: Any, written: Any) -> None:
    """Asking a dead nursery is an error of the grader with a name of its own."""
    with Nursery() as nursery:
        os.kill(nursery.pid, signal.SIGKILL)
        with pytest.raises(NurseryGone):
            list(Run(nursery, (Assignment(toy(SUITE), written(SOURCE)),), "x"))


def test_an_edited_suite_is_collected_anew(judged: Callable[..., Any]) -> None:
    """The next run after a change of the suite judges by the new one."""
    assert judged(SUITE, SOURCE).outcomes == {"it": Outcome.PASSED}
    assert judged(SUITE.replace("equals(1)", "equals(22)"), SOURCE).outcomes == {"it": Outcome.FAILED}
    assert judged(SUITE.replace("test_it", "test_other"), SOURCE).outcomes == {"other": Outcome.PASSED}


def test_a_removed_suite_file_is_noticed(judged: Callable[..., Any], toy: Any) -> None:
    """A file that is gone holds no checks any more, also when it was the older one."""
    second = toy(SUITE).hidden / "test_2_holds.py"
    second.write_text("from grader.testing import check\n@check(tier=2, section='§2')\ndef test_two():\n    'Two.'\n")
    os.utime(second, (1, 1))
    assert list(judged(SUITE, SOURCE).checks) == ["it", "two"]
    second.unlink()
    assert list(judged(SUITE, SOURCE).checks) == ["it"]


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("def test_it(:\n", "SyntaxError"),
        ("import nothing_like_it\n", "No module named 'nothing_like_it'"),
        ("1 / 0\n", "ZeroDivisionError"),
        ("@check(tier=1, section='§1')\ndef test_it(subject):\n    pass\n", "needs a docstring"),
        ("import os\nos._exit(0)\n", "ended early"),
        ("raise KeyboardInterrupt\n", ""),
        ("", "no check was chosen"),
    ],
    ids=["syntax", "import", "exception", "no title", "exit", "interrupt", "no checks"],
)
def test_a_broken_suite_is_the_graders_problem(judged: Callable[..., Any], broken: str, words: str) -> None:
    """The run ends with the problem and exit code 3 (2 when there is nothing to choose); repaired, it works again."""
    for _ in range(2):
        run = judged(broken, SOURCE)
        assert run.checks == {}
        assert words in run.end.problem
        assert run.end.problem
        assert run.end.exit_code == (2 if not broken else 3)
    assert judged(SUITE, SOURCE).end.exit_code == 0


def test_a_missing_suite_is_the_graders_problem(nursery: Nursery, toy: Any, written: Any) -> None:
    """A challenge without its hidden folder ends the run, not the nursery."""
    challenge = toy(SUITE)
    (challenge.hidden / "test_1_works.py").unlink()
    challenge.hidden.rmdir()
    for _ in range(3):
        events = list(Run(nursery, (Assignment(challenge, written(SOURCE)),), "x"))
        assert events[-1].exit_code != 0  # type: ignore[union-attr]
    assert [*Run(nursery, (Assignment(toy(SUITE), written(SOURCE)),), "x")][-1].exit_code == 0  # type: ignore[union-attr]


def test_the_checks_of_a_suite_can_be_listed(nursery: Nursery, toy: Any) -> None:
    """Listing runs nothing."""
    (found,) = collect(nursery, toy(SUITE))
    assert (found.challenge, found.id, found.title, found.tier, found.section) == ("41", "it", "It.", 1, "§1")


LONG = "".join(
    f'@check(tier=1, section="§1")\ndef test_{n}(subject):\n    """{n}."""\n    subject.call()\n\n' for n in range(40)
)


@linux
def test_cancelling_ends_the_run_and_its_processes(nursery: Nursery, toy: Any, written: Any, tmp_path: Path) -> None:
    """The events end at once with a RunFinished that says so, and judge and subject do not go on behind."""
    called, go_on = tmp_path / "called", tmp_path / "go_on"
    source = f"""
    import os, pathlib, threading
    def call():
        with open({str(called)!r}, "a") as note:
            note.write("x")
        print(os.getpid(), flush=True)
        while not pathlib.Path({str(go_on)!r}).exists():
            threading.Event().wait(0.005)
    """
    run = Run(nursery, (Assignment(toy(LONG, limits="call_seconds = 60.0"), written(source)),), "x")
    subject = 0
    events = []
    for event in run:
        events.append(event)
        if type(event).__name__ == "OutputWritten":
            subject = int(event.text)  # type: ignore[union-attr]
            threading.Thread(target=run.cancel).start()
    assert events[-1].problem == "cancelled"  # type: ignore[union-attr]
    go_on.touch()
    assert all_gone({subject})
    assert called.read_text(encoding="utf-8") == "x"
    assert [*Run(nursery, (Assignment(toy(SUITE), written(SOURCE)),), "x")][-1].exit_code == 0  # type: ignore[union-attr]


def test_a_run_cancelled_before_it_began_runs_nothing(nursery: Nursery, toy: Any, written: Any) -> None:
    """No check starts."""
    run = Run(nursery, (Assignment(toy(SUITE), written(SOURCE)),), "x")
    run.cancel()
    events = list(run)
    assert not [event for event in events if isinstance(event, CheckStarted)]
    assert events[-1].problem == "cancelled"  # type: ignore[union-attr]


def test_two_runs_at_once(nursery: Nursery, toy: Any, written: Any) -> None:
    """Two runs of one nursery go on side by side and do not disturb each other."""
    meet = """
    @check(tier=1, section="§1")
    def test_it(subject):
        \"\"\"It.\"\"\"
        expect(subject.meet(), "meet()").equals(True)
    """
    source = """
    import os, pathlib, threading
    here = pathlib.Path(__file__).parent
    def meet():
        (here / str(os.getpid())).touch()
        while len([p for p in here.iterdir() if p.name.isdigit()]) < 2:
            threading.Event().wait(0.005)
        return True
    """
    assignment = Assignment(toy(meet, limits="call_seconds = 60.0"), written(source))
    runs = [Run(nursery, (assignment,), "x") for _ in range(2)]
    ends: list[Any] = []
    threads = [threading.Thread(target=lambda run=run: ends.append([*run][-1])) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert [end.exit_code for end in ends] == [0, 0]
