"""Instructors grade with pytest itself: its options, its reports, its exit codes."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.nursery.client import ROOT

Grade = Callable[..., subprocess.CompletedProcess[str]]
SUITE = "challenges/02_task_queue"


@pytest.fixture
def grade(environment: dict[str, str]) -> Grade:
    """Runs ``pytest`` in the course's root with some arguments."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )

    return run


def test_without_a_submission_the_reference_is_judged(grade: Grade) -> None:
    """It passes, and the header says what was judged and with which seed."""
    done = grade(SUITE)

    assert done.returncode == 0, done.stdout
    assert "judging the reference solutions" in done.stdout
    assert "seed" in done.stdout


def test_stub_fails_with_explanations_and_no_source_of_the_suite(grade: Grade) -> None:
    """A failure shows the learner's line, and nothing of the hidden suite."""
    done = grade(SUITE, "--submission", SUITE, "-x")

    assert done.returncode == 1
    assert "not written yet at task_queue.py" in done.stdout
    assert "1 failed" in done.stdout
    assert "def test_" not in done.stdout
    assert "expect(" not in done.stdout


def test_workers_and_junit_work(grade: Grade, tmp_path: Path) -> None:
    """``-n 2`` and ``--junitxml`` give one case a check."""
    report = tmp_path / "out.xml"

    done = grade(SUITE, "-q", "-n", "2", "--tier", "1", "--junitxml", str(report))

    cases = ET.parse(report).getroot().findall(".//testcase")
    assert done.returncode == 0, done.stdout
    assert len(cases) >= 15
    assert not ET.parse(report).getroot().findall(".//failure")


def test_k_chooses_checks(grade: Grade) -> None:
    """``-k`` works as always."""
    done = grade(SUITE, "-q", "-k", "limit_is_kept")

    assert "1 passed" in done.stdout


def test_two_challenges_in_one_session(grade: Grade) -> None:
    """Each check gets the bench of its own challenge."""
    done = grade(SUITE, "challenges/07_migrations", "-q", "-k", "limit_is_kept or applying_twice_runs_once")

    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


def test_missing_submission_is_a_usage_error(grade: Grade) -> None:
    """A path that is not there ends the session with exit code 2 and one line."""
    done = grade(SUITE, "--submission", "nowhere")

    assert done.returncode == 2
    assert "nowhere does not exist" in done.stdout + done.stderr


def test_tier_chooses_the_checks_up_to_it(grade: Grade) -> None:
    """Without it every tier that is open runs."""
    everything = grade(SUITE, "--collect-only", "-q").stdout
    first = grade(SUITE, "--collect-only", "-q", "--tier", "1").stdout

    assert "test_1_" in first
    assert "test_2_" not in first
    assert {"test_1_", "test_2_", "test_3_"} <= {part[:7] for part in everything.split("/")}
