"""What a submission prints: captured by check, capped and announced, harmless to the terminal it is shown on."""

from collections.abc import Callable
from typing import Any

import pytest

from grader.events import OutputWritten
from grader.model import Outcome

SUITE = """
@check(tier=1, section="§1")
def test_first(subject):
    \"\"\"The first call.\"\"\"
    subject.first()

@check(tier=1, section="§1")
def test_second(subject):
    \"\"\"The second call.\"\"\"
    subject.second()
"""


@pytest.mark.parametrize(
    ("body", "printed"),
    [
        ("print('hello', end='')", "hello"),
        ("sys.stderr.write('warned')", "warned"),
        ("os.write(1, b'bare')", "bare"),
        ("os.write(2, b'bare')", "bare"),
        ("subprocess.run(['echo', 'from a child'])", "from a child\n"),
        ("sys.stdout.write('no newline')", "no newline"),
        ("os.write(1, b'\\xff\\xfe')", "\ufffd\ufffd"),
        ("print('\\x1b[2J\\x1b]0;title\\x07red', end='')", "\\x1b]0;title\\x07red"),
        ("print('\\ud800', end='')", "\\ud800"),
        ("print('über', end='')", "über"),
        ("pass", ""),
    ],
)
def test_output_belongs_to_its_check(judged: Callable[..., Any], body: str, printed: str) -> None:
    """Whatever a check made the submission write is kept with that check, as printable text."""
    run = judged(SUITE, f"import os, subprocess, sys\ndef first():\n    {body}\ndef second(): print('second')\n")
    assert run.checks["first"].output == printed
    assert run.checks["second"].output == "second\n"
    seen = "".join(event.text for event in run.events if isinstance(event, OutputWritten) and event.check == "first")
    assert seen == printed


def test_a_flood_is_capped_and_announced(judged: Callable[..., Any]) -> None:
    """The first part is kept, the rest counted, and the run goes on."""
    source = """
    def first():
        for _ in range(20_000):
            print("x" * 99)
    def second():
        print("still here")
    """
    run = judged(SUITE, source, limits="call_seconds = 20.0\noutput_bytes = 5000")
    first = run.checks["first"]
    assert run.outcomes == {"first": Outcome.PASSED, "second": Outcome.PASSED}
    assert first.output.startswith("x" * 99 + "\n")
    assert "… 1,995,000 more bytes of output were dropped (the first 5,000 are kept)" in first.output
    assert len(first.output) < 5200
    assert run.checks["second"].output == "still here\n"
    shown = sum(len(e.text) for e in run.events if isinstance(e, OutputWritten) and e.check == "first")
    assert shown == 5000


def test_output_before_the_end_is_not_lost(judged: Callable[..., Any]) -> None:
    """What was written before a crash is still shown with the check that crashed."""
    source = "import os\ndef first():\n    print('last words', flush=True)\n    os._exit(1)\ndef second(): pass\n"
    run = judged(SUITE, source)
    assert run.outcomes == {"first": Outcome.CRASHED, "second": Outcome.PASSED}
    assert run.checks["first"].output == "last words\n"


def test_output_at_import_belongs_to_the_first_check(judged: Callable[..., Any]) -> None:
    """The submission is imported when the first check needs it."""
    run = judged(SUITE, "print('importing')\ndef first(): pass\ndef second(): pass\n")
    assert run.checks["first"].output == "importing\n"


def test_replaced_streams_do_no_harm(judged: Callable[..., Any]) -> None:
    """A submission may put anything in the place of sys.stdout."""
    source = "import sys\ndef first():\n    sys.stdout = sys.stderr = None\n    sys.stdin.close()\ndef second(): pass\n"
    assert set(judged(SUITE, source).outcomes.values()) == {Outcome.PASSED}
