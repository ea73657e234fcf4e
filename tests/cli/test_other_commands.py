"""The other commands: list, show, hint, reset, pack, try, clean, doctor, and the UI without a terminal."""

import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Levelup

SLUG = "02_task_queue"


def test_no_terminal_gets_a_summary_and_the_next_step(levelup: Levelup, workspace: Path) -> None:
    """``levelup`` in a pipe prints where the learner is and what to do next, and exits 0."""
    ended = levelup()

    assert ended.code == 0
    assert "Next:" in ended.out
    assert "\x1b" not in ended.out
    assert (workspace / SLUG / "task_queue.py").is_file()


def test_list_shows_what_was_reached(levelup: Levelup, workspace: Path, reference: Callable[[str], Path]) -> None:
    """A challenge that passes is done in the list."""
    levelup("list")
    (workspace / SLUG / "task_queue.py").write_bytes(reference(SLUG).read_bytes())
    levelup("check", "02")

    lines = levelup("list").out.splitlines()

    assert any(line.startswith("02  done") for line in lines)


def test_show_prints_the_spec(levelup: Levelup) -> None:
    """The spec comes as Markdown on stdout."""
    ended = levelup("show", "5")

    assert ended.code == 0
    assert "## §1 " in ended.out


def test_hints_come_one_step_at_a_time(levelup: Levelup) -> None:
    """The same command gives the next step; the last one stays."""
    said = [levelup("hint", "02", "limit_is_kept").out for _ in range(4)]

    assert "(hint 1 of 3)" in said[0]
    assert "(hint 2 of 3)" in said[1]
    assert "(hint 3 of 3)" in said[2]
    assert said[3] == said[2]


def test_reset_keeps_the_old_file(levelup: Levelup, workspace: Path) -> None:
    """Reset puts the stub back and says where the learner's file went."""
    levelup("list")
    file = workspace / SLUG / "task_queue.py"
    stub = file.read_bytes()
    file.write_text("mine = 1\n")

    ended = levelup("reset", "02")

    (backup,) = (workspace / ".levelup" / "backups" / SLUG).glob("*.py")
    assert ended.code == 0
    assert file.read_bytes() == stub
    assert backup.read_text() == "mine = 1\n"
    assert backup.name in ended.out


def test_newer_course_never_overwrites_a_file(levelup: Levelup, workspace: Path) -> None:
    """A file that is there stays as it is, whatever the stub is now."""
    levelup("list")
    file = workspace / SLUG / "task_queue.py"
    file.write_text("mine = 1\n")

    levelup("list")

    assert file.read_text() == "mine = 1\n"


def test_pack_holds_the_solution_and_its_helpers(levelup: Levelup, workspace: Path, tmp_path: Path) -> None:
    """The file to hand in holds the started challenges with helper modules, and nothing else; it can be judged."""
    levelup("list")
    folder = workspace / SLUG
    (folder / "task_queue.py").write_text("import helper\n")
    (folder / "helper.py").write_text("x = 1\n")
    (folder / "notes.txt").write_text("private")
    (folder / "link.py").symlink_to("/etc/passwd")

    ended = levelup("pack", "-o", str(tmp_path / "out.zip"))

    assert ended.code == 0
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert sorted(archive.namelist()) == [f"{SLUG}/helper.py", f"{SLUG}/task_queue.py"]


def test_try_runs_the_example_on_the_learners_code(levelup: Levelup, reference: Callable[[str], Path]) -> None:
    """The usage example runs on the submission; on the stub it says what is not written yet."""
    right = levelup("try", "02", "--submission", str(reference(SLUG)))
    stub = levelup("try", "02")

    assert right.code == 0
    assert "refused" in right.out
    assert stub.code == 1
    assert "not written yet" in stub.err


def test_clean_only_says_what_it_would_do(levelup: Levelup, workspace: Path, tmp_path: Path) -> None:
    """A dry run removes nothing, a real one never the learner's files."""
    cache = tmp_path / "cache"
    (cache / "old").mkdir(parents=True)
    (cache / "old" / "file").write_text("x")
    levelup("list")

    dry = levelup("clean", "-n", LEVELUP_CACHE=str(cache))
    assert dry.code == 0
    assert (cache / "old").exists()

    done = levelup("clean", LEVELUP_CACHE=str(cache))
    assert done.code == 0
    assert not (cache / "old").exists()
    assert (workspace / SLUG / "task_queue.py").is_file()


def test_doctor_finds_a_working_course(levelup: Levelup) -> None:
    """On this machine nothing is bad."""
    ended = levelup("doctor")

    assert ended.code == 0, ended.out
    assert "all is well" in ended.out


def test_every_command_has_help(levelup: Levelup) -> None:
    """``levelup VERB --help`` works for each."""
    for verb in ("check", "watch", "list", "show", "hint", "reset", "try", "pack", "doctor", "clean", "verify"):
        ended = levelup(verb, "--help")
        assert ended.code == 0
        assert verb in ended.out


def test_ctrl_c_leaves_no_process(environment: dict[str, str], tmp_path: Path) -> None:
    """Interrupted in the middle of an endless call, the run ends with everything it started."""
    file = tmp_path / "task_queue.py"
    file.write_text("class RateLimitedQueue:\n    def __init__(self, *a, **k):\n        while True: pass\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "check", "02", "--submission", str(file), "--json"],
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if '"check_started"' in line:
            break
    family = _descendants(process.pid)
    assert family

    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)

    assert process.returncode == 130
    assert "stopped" in err
    deadline = time.monotonic() + 20
    while (left := [pid for pid in family if _alive(pid)]) and time.monotonic() < deadline:
        os.sched_yield()
    assert not left


def _descendants(pid: int) -> list[int]:
    """Every process below *pid*."""
    table: dict[int, list[int]] = {}
    out = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        child, parent = map(int, line.split())
        table.setdefault(parent, []).append(child)
    found, todo = [], [pid]
    while todo:
        children = table.get(todo.pop(), [])
        found += children
        todo += children
    return found


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        try:
            os.kill(pid, 0)
        except OSError:
            return False
        return not Path("/proc/self").exists()
    return state != "Z"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--repeat", "0"), "'0' is no whole number from 1 up"),
        (("--repeat", "-3"), "'-3' is no whole number from 1 up"),
        (("--jobs", "many"), "'many' is no whole number from 1 up"),
        (("--record", "--repeat", "2"), "not allowed with"),
    ],
)
def test_verify_refuses_nonsense(levelup: Levelup, arguments: tuple[str, ...], said: str) -> None:
    """In one line, with exit code 2, before anything is judged."""
    ended = levelup("verify", "02", *arguments)

    assert ended.code == 2
    assert said in ended.err
