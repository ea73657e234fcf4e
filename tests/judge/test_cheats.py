"""Known ways to cheat a grader: none of them turns a wrong answer into a pass."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.model import Outcome

SUITE = """
@check(tier=1, section="§1")
def test_wrong(subject):
    \"\"\"The answer is 42.\"\"\"
    expect(subject.answer(), "answer()").equals(42, because="SECRET-OF-THE-SUITE")

@check(tier=1, section="§1")
def test_also_wrong(subject):
    \"\"\"So is the other one.\"\"\"
    with raises("KeyError"):
        subject.other()
"""
WRONG = "\ndef answer(): return 41\ndef other(): return None\n"
CHEATS = {
    "patched comparison": """
        import builtins, unittest
        builtins.AssertionError = type("AssertionError", (Warning,), {"__new__": lambda *a: None})
        builtins.isinstance = lambda *a: True
        unittest.TestCase.assertEqual = lambda *a: None
    """,
    "patched pytest": """
        import pytest, _pytest.runner, _pytest.reports
        pytest.fail = pytest.skip = lambda *a, **k: None
        _pytest.runner.CallInfo.from_call = classmethod(lambda *a, **k: None)
        _pytest.reports.TestReport.outcome = "passed"
    """,
    "patched grader": """
        import importlib, sys
        for name in ("grader.testing.expectations", "grader.judge.verdicts", "grader.judge.plugin", "grader.model"):
            try:
                module = importlib.import_module(name)
            except ImportError:
                continue
            for member in list(vars(module)):
                if isinstance(vars(module)[member], type):
                    setattr(module, member, type(member, (), {"__getattr__": lambda *a: lambda *a, **k: True}))
    """,
    "patched wire": """
        import grader.subject.host as host
        real = host.Host._raised
        host.Host._raised = lambda self, error, **k: ["ok", "passed"]
        host.Host._pack = lambda self, value: [99, "passed"]
    """,
    "patched msgpack": """
        import msgpack, grader.wire.frames as frames
        frames.msgpack.packb = lambda *a, **k: b"passed"
    """,
    "results written to a file": """
        import json, pathlib
        for name in ("results.json", "report.xml", "junit.xml", "conftest.py", "pytest.ini"):
            pathlib.Path(name).write_text(json.dumps({"status": "pass"}))
            (pathlib.Path(__file__).parent / name).write_text("raise SystemExit(0)")
    """,
    "forged events": """
        import json, os, sys
        line = json.dumps({"event": "check_finished", "check": "wrong", "outcome": "passed"}) + "\\n"
        for fd in range(64):
            if fd != 3:
                try:
                    os.write(fd, line.encode())
                except OSError:
                    pass
    """,
    "exit at the end": """
        import atexit, os, weakref
        atexit.register(os._exit, 0)
        class Ghost:
            def __del__(self): os._exit(0)
        ghost = Ghost()
    """,
    "shadowed modules": """
        import pathlib
        for name in ("pytest", "json", "msgpack", "socket", "conftest", "sitecustomize", "usercustomize"):
            (pathlib.Path(__file__).parent / (name + ".py")).write_text("raise SystemExit(0)")
    """,
    "signals to everybody": """
        import os, signal
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP):
            os.kill(os.getppid(), number)
    """,
}


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_gains_nothing(judged: Callable[..., Any], name: str) -> None:
    """The wrong answers are still wrong, nothing is said to have passed, and the secret of the suite stays there."""
    lines = [line.removeprefix("        ") for line in CHEATS[name].splitlines()]
    run = judged(SUITE, "\n".join(lines) + WRONG)
    assert set(run.outcomes) == {"wrong", "also_wrong"}
    assert run.end.passed == 0
    assert Outcome.INFRA_ERROR not in run.outcomes.values()
    assert run.end.exit_code == 1


def test_being_graded_cannot_be_told_from_the_environment(subject_of: Callable[..., Any]) -> None:
    """No variable, argument or descriptor names the test runner, and the hidden suite is in nobody's memory."""
    subject = subject_of("""
        import os, sys
        def environment(): return dict(os.environ)
        def arguments(): return [sys.argv, sys.orig_argv]
        def modules(): return sorted(sys.modules)
        def descriptors(): return sorted(map(int, os.listdir("/proc/self/fd"))) if os.path.exists("/proc") else []
    """)
    environment = subject.environment()
    assert not [key for key in environment if key.startswith(("PYTEST", "LEVELUP_SUB", "CI", "GITHUB"))]
    assert "PYTHONPATH" not in environment
    modules = subject.modules()
    assert not [name for name in modules if name.startswith(("pytest", "_pytest", "grader.judge", "grader.testing"))]
    assert set(subject.descriptors()) <= {0, 1, 2, 3, 4, 5}


@pytest.mark.parametrize("name", ["solutions", "challenges", "capstone", "tests", "conftest", "test_1_works"])
def test_what_must_not_be_importable(subject_of: Callable[..., Any], name: str) -> None:
    """Neither the course's solutions nor its suites can be imported."""
    subject = subject_of(f"import importlib\ndef load():\n    importlib.import_module({name!r})\n")
    with pytest.raises(Exception, match=f"No module named '{name}'"):
        subject.load()


def test_the_learners_modules_win_over_nothing_of_ours(judged: Callable[..., Any], tmp_path: Path) -> None:
    """A file beside the solution that is named like one of the grader's own modules stays the learner's."""
    (tmp_path / "learner").mkdir()
    (tmp_path / "learner" / "solutions.py").write_text("answer = 42\n", encoding="utf-8")
    run = judged(SUITE, "import solutions\ndef answer(): return solutions.answer\ndef other(): return {}['x']\n")
    assert set(run.outcomes.values()) == {Outcome.PASSED}


def test_a_submission_named_like_a_test_is_not_collected(judged: Callable[..., Any], tmp_path: Path) -> None:
    """Files beside the solution never reach the judge's pytest, whatever they are called."""
    (tmp_path / "learner").mkdir()
    for name in ("conftest.py", "test_1_works.py", "pytest.ini", "tox.ini"):
        (tmp_path / "learner" / name).write_text("raise SystemExit(0)\n", encoding="utf-8")
    run = judged(SUITE, WRONG)
    assert run.outcomes == {"wrong": Outcome.FAILED, "also_wrong": Outcome.FAILED}
