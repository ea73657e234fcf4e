"""The progress store: runs are kept, damage is set aside, nothing stops a run."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from grader.events import CheckFinished, Narrated, RunFinished, RunStarted, SuiteFinished
from grader.model import Outcome
from grader.nursery.client import ROOT
from grader.progress import Progress, record
from grader.progress.store import FORMAT


def result(check: str, outcome: Outcome = Outcome.PASSED) -> CheckFinished:
    """A finished check."""
    return CheckFinished("04", check, "Title.", 1, "§1", 1, outcome, 1.0, "message")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the store is."""
    return tmp_path / "state" / "progress.sqlite"


def test_the_latest_outcome_of_each_check_is_kept(file: Path) -> None:
    """A run of some checks changes these and leaves the others."""
    with Progress(file) as progress:
        assert progress.notice == ""
        assert progress.of("04").outcomes == {}
        progress.add_run("04", 1, "source", [result("a"), result("b", Outcome.FAILED)])
        progress.add_run("04", 2, "source", [result("b"), result("c", Outcome.TIMEOUT)])
    with Progress(file) as progress:
        kept = progress.of("04")
        assert kept.outcomes == {"a": Outcome.PASSED, "b": Outcome.PASSED, "c": Outcome.TIMEOUT}
        assert (kept.passed, bool(kept.last_run)) == (2, True)
        assert progress.of("05").outcomes == {}
        progress.forget("04")
        assert progress.of("04").outcomes == {}
        assert progress.of("04").last_run == kept.last_run


def test_notes_are_remembered(file: Path) -> None:
    """A setting has its last value, or the default."""
    with Progress(file) as progress:
        assert progress.note("theme", "dark") == "dark"
        progress.set_note("theme", "light")
        progress.set_note("theme", "blue")
        assert progress.note("theme", "dark") == "blue"


def old_format(file: Path) -> None:
    """A store of a newer Level Up."""
    with Progress(file) as progress:
        progress.set_note("kept", "yes")
    script(file, f"PRAGMA user_version = {FORMAT + 1}")


def script(file: Path, text: str) -> None:
    """Run *text* on the database in *file*."""
    db = sqlite3.connect(file)
    db.executescript(text)
    db.close()


DAMAGE = {
    "no database": lambda file: file.write_bytes(b"not a database at all" * 100),
    "a torn database": lambda file: (old_format(file), file.write_bytes(file.read_bytes()[:700])),
    "another program's database": lambda file: script(file, "CREATE TABLE run (x); PRAGMA user_version = 1"),
    "a newer format": old_format,
    "a table missing": lambda file: (old_format(file), script(file, "DROP TABLE note; PRAGMA user_version = 1")),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_or_newer_file_is_set_aside(file: Path, name: str) -> None:
    """It is kept under another name, the notice says which, and a new one is started."""
    file.parent.mkdir()
    DAMAGE[name](file)
    before = file.read_bytes()
    with Progress(file) as progress:
        assert progress.notice.startswith("the progress file ")
        assert ("newer Level Up" in progress.notice) == (name == "a newer format")
        progress.add_run("04", 1, "", [result("a")])
    (aside,) = [
        path for path in file.parent.iterdir() if path.name.startswith("progress-") and path.suffix == ".sqlite"
    ]
    assert aside.name in progress.notice
    assert aside.read_bytes()[100:] == before[100:]  # but for SQLite's header: how it keeps its journal
    with Progress(file) as again:
        assert again.notice == ""
        assert again.of("04").passed == 1


def test_an_empty_file_is_a_new_store(file: Path) -> None:
    """As SQLite sees it."""
    file.parent.mkdir()
    file.touch()
    with Progress(file) as progress:
        progress.add_run("04", 1, "", [result("a")])
        assert progress.notice == ""


def test_a_folder_that_cannot_be_written_is_told(as_nobody: Path) -> None:
    """Progress goes on in memory, and says that it is not saved."""
    (as_nobody / "closed").mkdir(mode=0o500)
    with Progress(as_nobody / "closed" / "state" / "progress.sqlite") as progress:
        assert progress.notice.startswith("progress is not being saved: ")
        assert "Permission denied" in progress.notice
        progress.add_run("04", 1, "", [result("a")])
        assert progress.of("04").passed == 1


def test_a_file_that_may_only_be_read_is_told_and_kept(as_nobody: Path) -> None:
    """A read-only store is not replaced."""
    file = as_nobody / "progress.sqlite"
    with Progress(file) as progress:
        progress.add_run("04", 1, "", [result("a")])
    before = file.read_bytes()
    file.chmod(0o400)
    as_nobody.chmod(0o500)
    with Progress(file) as progress:
        assert progress.notice.startswith("progress is not being saved: ")
        progress.add_run("04", 1, "", [result("b")])
    as_nobody.chmod(0o700)
    assert file.read_bytes() == before
    assert [path.name for path in as_nobody.iterdir()] == ["progress.sqlite"]


def test_a_folder_in_the_files_place_is_told(file: Path) -> None:
    """Nothing is removed."""
    file.mkdir(parents=True)
    with Progress(file) as progress:
        assert progress.notice.startswith("progress is not being saved: ")
    assert file.is_dir()


WRITER = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from grader.events import CheckFinished
from grader.model import Outcome
from grader.progress import Progress
print("ready", flush=True)
sys.stdin.readline()
with Progress(Path(sys.argv[2])) as progress:
    assert not progress.notice, progress.notice
    for n in range(40):
        check = CheckFinished("04", f"{sys.argv[3]}{n}", "T.", 1, "§1", 1, Outcome.PASSED, 1.0)
        progress.add_run("04", n, "x" * 2000, [check])
"""


def test_processes_may_write_at_once(file: Path) -> None:
    """Three processes make and fill one store; every run of each is there."""
    code = [sys.executable, "-I", "-c", WRITER, str(ROOT), str(file)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    writers = [subprocess.Popen([*code, name], text=True, **pipes) for name in "abc"]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        _, complaint = writer.communicate(timeout=60)
        assert writer.returncode == 0, complaint
    with Progress(file) as progress:
        assert progress.of("04").passed == 120


def test_a_run_is_recorded_as_it_passes_by(file: Path, tmp_path: Path) -> None:
    """The events go on unchanged; only the files that were asked for are kept, with their source."""
    source = tmp_path / "cache.py"
    source.write_bytes(b"x = 1 # \xff")
    events = [RunStarted(("04", "05"), "here", 7), result("a"), SuiteFinished("04", 1, 1, 1.0),
              CheckFinished("05", "z", "Z.", 1, "§1", 1, Outcome.PASSED, 1.0), SuiteFinished("05", 1, 1, 1.0),
              RunFinished(2, 2, 0, 0, 0, 0, 0, 0, 1.0, 0)]  # fmt: skip
    with Progress(file) as progress:
        assert list(record(events, progress, {"04": source})) == events
        assert progress.of("04").passed == 1
        assert progress.of("05").passed == 0
        rows = progress._connection.execute("SELECT seed, source FROM run").fetchall()
    assert rows == [(7, "x = 1 # \ufffd")]


def test_a_store_that_fails_later_does_not_stop_a_run(file: Path) -> None:
    """It is told once, as narration."""
    progress = Progress(file)
    progress.close()
    events = [RunStarted(("04",), "here", 7), result("a"), SuiteFinished("04", 1, 1, 1.0)]
    seen = list(record(events, progress, {"04": file}))
    assert seen[:3] == events
    (told,) = seen[3:]
    assert isinstance(told, Narrated)
    assert "could not be saved" in told.text
