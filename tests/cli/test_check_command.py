"""``levelup check``: outcomes, JSON lines, exit codes, and what it says to bad input."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.nursery.client import ROOT
from tests.cli.conftest import Levelup

Reference = Callable[[str], Path]
SLUG = "02_task_queue"


def test_reference_passes_and_exits_0(levelup: Levelup, reference: Reference) -> None:
    """All passed is exit code 0, and the last line says so."""
    ended = levelup("check", "02", "--submission", str(reference(SLUG)), "--json")

    last = ended.events[-1]
    assert ended.code == 0
    assert last["event"] == "run_finished"
    assert last["passed"] == last["total"] > 0


def test_stub_fails_and_exits_1(levelup: Levelup) -> None:
    """The untouched workspace fails every check with exit code 1, and says it is not written yet."""
    ended = levelup("check", "02", "--json")

    finished = [event for event in ended.events if event["event"] == "check_finished"]
    assert ended.code == 1
    assert {event["outcome"] for event in finished} == {"failed"}
    assert all("not written yet" in event["message"] for event in finished)


def test_tiers_have_headings_and_what_is_not_begun_is_one_line(levelup: Levelup) -> None:
    """The stub's checks of tier 1 are told one by one, those of the tiers above are counted; no mistake is named."""
    ended = levelup("check", "02", "--plain")

    assert "Tier 2 - Holds under fire" in ended.out
    assert "checks of tier 3 need what is not written yet" in ended.out
    assert "This behaves like" not in ended.out
    assert not [line for line in ended.out.splitlines() if not line.isascii()]


def test_a_known_mistake_is_named_with_its_hint(levelup: Levelup) -> None:
    """In plain text and as an event, before the totals of its suite."""
    wrong = str(ROOT / "challenges" / SLUG / "wrong" / "refusals_take_slots.py")
    arguments = ("check", "02", "--submission", wrong, "--tier", "1")

    plain = levelup(*arguments, "--plain")
    events = levelup(*arguments, "--json").events

    assert "This behaves like: " in plain.out
    assert "Hint" in plain.out
    names = [event["event"] for event in events]
    (named,) = [event for event in events if event["event"] == "mistake_named"]
    assert named["mistake"] == "refusals_take_slots"
    assert names.index("mistake_named") == names.index("suite_finished") - 1


def test_every_finished_check_has_the_promised_keys(levelup: Levelup) -> None:
    """challenge, check, title, tier, outcome, ms; a failure has message, expected and got as well."""
    ended = levelup("check", "02", "-k", "limit_is_kept", "--json")

    (event,) = [event for event in ended.events if event["event"] == "check_finished"]
    assert {"challenge", "check", "title", "tier", "outcome", "ms", "message", "expected", "got"} <= event.keys()
    assert event["challenge"] == "02"
    assert event["check"] == "limit_is_kept"
    assert event["message"]
    assert event["expected"]
    assert event["got"]


def test_seed_is_printed_and_kept(levelup: Levelup, reference: Reference) -> None:
    """A run with a seed reports that seed."""
    ended = levelup("check", "02", "--submission", str(reference(SLUG)), "--seed", "77", "--json")

    assert ended.events[0]["seed"] == 77


def test_submission_may_be_a_file_a_folder_or_a_workspace(
    levelup: Levelup, reference: Reference, tmp_path: Path
) -> None:
    """One file, a challenge folder and a whole workspace are all understood."""
    workspace = tmp_path / "handed_in"
    shutil.copytree(reference(SLUG).parent, workspace / SLUG)

    for named in (workspace, workspace / SLUG, workspace / SLUG / "task_queue.py"):
        assert levelup("check", "02", "--submission", str(named), "-k", "limit_is_kept").code == 0


def test_plain_is_ascii(levelup: Levelup) -> None:
    """--plain prints nothing beyond ASCII and no escape codes."""
    ended = levelup("check", "02", "--plain")

    assert ended.out.isascii()
    assert "\x1b" not in ended.out
    assert "FAIL" in ended.out


def test_failure_names_the_command_that_repeats_it(levelup: Levelup) -> None:
    """The explanation ends with the exact command, seed included."""
    ended = levelup("check", "02", "-k", "limit_is_kept", "--seed", "5")

    assert "levelup check 02 -k limit_is_kept --seed 5" in ended.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "99"], "there is no challenge '99'"),
        (["check", "02", "--submission", "nowhere.py"], "nowhere.py does not exist"),
        (["check", "02", "-k", "no_such_check"], "no check was chosen"),
        (["hint", "02", "no_such_check"], "has no check 'no_such_check'"),
        (["hint", "02", "§99"], "there is no hint for §99"),
        (["check", "02", "--debug"], "needs a terminal"),
        (["pack"], "nothing to pack"),
    ],
)
def test_what_is_not_there_is_a_usage_error(levelup: Levelup, arguments: list[str], said: str) -> None:
    """Asking for something that is not there ends with exit code 2 and one clear line."""
    ended = levelup(*arguments)

    assert ended.code == 2
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_broken_link_as_submission_is_explained(levelup: Levelup, tmp_path: Path) -> None:
    """A link to nothing is named as such."""
    (tmp_path / "task_queue.py").symlink_to(tmp_path / "gone.py")

    ended = levelup("check", "02", "--submission", str(tmp_path / "task_queue.py"))

    assert ended.code == 2
    assert "broken link" in ended.err


def test_syntax_error_is_told_with_its_line(levelup: Levelup, tmp_path: Path) -> None:
    """A file that does not parse gives one clear message with file and line, not a grader's traceback."""
    file = tmp_path / "task_queue.py"
    file.write_text("def f(:\n    pass\n")

    ended = levelup("check", "02", "--submission", str(file), "--json")

    finished = [event for event in ended.events if event["event"] == "check_finished"]
    assert ended.code == 1
    assert {event["outcome"] for event in finished} == {"error"}
    assert "task_queue.py:1: SyntaxError" in finished[0]["message"]


def test_unwritable_workspace_is_explained(levelup: Levelup, tmp_path: Path) -> None:
    """A workspace that cannot be made says where, and which variable names another."""
    (tmp_path / "file").write_text("")

    ended = levelup("check", "02", LEVELUP_WORKSPACE=str(tmp_path / "file" / "inside"))

    assert ended.code == 2
    assert "LEVELUP_WORKSPACE" in ended.err


def test_corrupt_progress_file_is_kept_and_replaced(levelup: Levelup, workspace: Path) -> None:
    """A damaged progress file is set aside with a notice, and the run goes on."""
    state = workspace / ".levelup"
    state.mkdir(parents=True)
    (state / "progress.sqlite3").write_bytes(b"not a database, certainly not" * 100)

    ended = levelup("check", "02", "-k", "limit_is_kept")

    assert ended.code == 1
    assert "kept as" in ended.err
    assert len(list(state.glob("progress-*.sqlite3"))) == 1


def test_environment_of_the_submission_tells_nothing(levelup: Levelup, tmp_path: Path, reference: Reference) -> None:
    """Neither our variables nor the caller's secrets reach the submission."""
    file = tmp_path / "task_queue.py"
    source = reference(SLUG).read_text(encoding="utf-8")
    file.write_text(f"{source}\nimport os\nprint('SEEN', sorted(os.environ))\n", encoding="utf-8")

    ended = levelup("check", "02", "--submission", str(file), "-k", "limit_is_kept", "--json", A_SECRET="x")

    printed = "".join(event["text"] for event in ended.events if event["event"] == "output_written")
    assert "SEEN" in printed
    assert "A_SECRET" not in printed
    assert "LEVELUP" not in printed
    assert "PYTEST" not in printed
