"""The catalog: what a challenge.toml may say, and that a broken one names file, key and fix."""

import shutil
from pathlib import Path

import pytest

from grader.catalog import Catalog, read
from grader.errors import EXIT_GRADER, BrokenCourse, UnknownChallenge
from grader.model import Limits
from grader.nursery.client import ROOT

GOOD = {
    "title": '"Cache"', "goal": '"Keep values."', "module": '"cache"', "order": "4", "difficulty": '"medium"',
    "minutes": "90", "needs": '["redis"]',
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A challenge's folder with a stub and no challenge.toml yet."""
    made = tmp_path / "challenges" / "04_cache"
    made.mkdir(parents=True)
    (made / "cache.py").write_text("", encoding="utf-8")
    return made


def write(folder: Path, lines: str = "", **changed: str | None) -> Path:
    """A challenge.toml that differs from a good one in *changed*; None leaves a key out."""
    keys = {**GOOD, **changed}
    text = "".join(f"{key} = {value}\n" for key, value in keys.items() if value is not None)
    file = folder / "challenge.toml"
    file.write_text(text + (f"[limits]\n{lines}\n" if lines else ""), encoding="utf-8")
    return file


def test_a_good_file_is_a_challenge(folder: Path) -> None:
    """All facts are read, and the paths that follow from them are right."""
    found = read(write(folder, lines="call_seconds = 1.5\noutput_bytes = 10"))
    assert (found.number, found.slug, found.module, found.order) == ("04", "04_cache", "cache", 4)
    assert (found.title, found.goal, found.difficulty, found.minutes) == ("Cache", "Keep values.", "medium", 90)
    assert found.needs == ("redis",)
    assert found.limits == Limits(call_seconds=1.5, output_bytes=10)
    assert found.reference == folder.parent.parent / "solutions" / "04_cache" / "cache.py"
    assert read(write(folder, lines="call_seconds = 2")).limits.call_seconds == 2


@pytest.mark.parametrize("key", GOOD)
@pytest.mark.parametrize("value", [None, "{}", "true", "1979-05-27", '["x"]'])
def test_a_missing_or_mistyped_key_is_named(folder: Path, key: str, value: str | None) -> None:
    """The error names the file and the key, and says what to write."""
    with pytest.raises(BrokenCourse) as caught:
        read(write(folder, **{key: value}))
    error = caught.value
    assert (error.file, error.key, error.exit_code) == (folder / "challenge.toml", key, EXIT_GRADER)
    assert ("is missing; write " if value is None else "is " if key != "needs" else "") in error.fix
    assert str(error).startswith(f"{error.file}: {key}: ")


@pytest.mark.parametrize(
    ("changed", "limits", "key", "fix"),
    [
        ({"difficulty": '"brutal"'}, "", "difficulty", "is 'brutal'; write one of \"easy\", \"medium\", \"hard\""),
        ({"needs": '["mysql"]'}, "", "needs", "redis"),
        ({"needs": "[1]"}, "", "needs", "redis"),
        ({"tags": "[]"}, "", "tags", "is not known; the keys are title, goal"),
        ({"module": '"cash"'}, "", "module", "names 'cash', but there is no cash.py beside it"),
        ({"order": "4.5"}, "", "order", "is 4.5; write a whole number"),
        ({"limits": "5"}, "", "limits", "is 5; write a table [limits]"),
        ({}, "seconds = 1", "limits.seconds", "is not known; there are call_seconds"),
        ({}, 'call_seconds = "1"', "limits.call_seconds", "is '1'; write a number above 0"),
        ({}, "call_seconds = 0", "limits.call_seconds", "is 0; write a number above 0"),
        ({}, "call_seconds = -1", "limits.call_seconds", "is -1; write a number above 0"),
        ({}, "call_seconds = true", "limits.call_seconds", "is True; write a number above 0"),
        ({}, "call_seconds = nan", "limits.call_seconds", "is nan; write a number above 0"),
        ({}, "call_seconds = inf", "limits.call_seconds", "is inf; write a number above 0"),
        ({}, "output_bytes = 1.5", "limits.output_bytes", "is 1.5; write a number above 0, e.g. output_bytes = 65536"),
    ],
    ids=str,
)  # fmt: skip
def test_a_wrong_value_is_named(folder: Path, changed: dict[str, str], limits: str, key: str, fix: str) -> None:
    """Each wrong value has its key and its own advice."""
    with pytest.raises(BrokenCourse) as caught:
        read(write(folder, limits, **changed))
    assert caught.value.key == key
    assert fix in caught.value.fix


@pytest.mark.parametrize(
    ("content", "key"), [(b"title = ", "not TOML"), (b"\xff\xfe", "cannot be read"), (b"a = 1\na = 2", "not TOML")]
)
def test_a_file_that_is_no_toml_is_named(folder: Path, content: bytes, key: str) -> None:
    """What cannot be read at all is told with the parser's own place."""
    file = folder / "challenge.toml"
    file.write_bytes(content)
    with pytest.raises(BrokenCourse) as caught:
        read(file)
    assert (caught.value.file, caught.value.key) == (file, key)
    assert caught.value.fix


def test_a_course_without_challenges_is_broken(tmp_path: Path) -> None:
    """An empty folder is no course."""
    with pytest.raises(BrokenCourse, match="no challenges"):
        _ = Catalog(tmp_path).challenges


def test_one_broken_challenge_is_told_among_good_ones(folder: Path) -> None:
    """The error names the broken file, wherever it is."""
    write(folder)
    other = folder.with_name("05_other")
    shutil.copytree(folder, other)
    write(other, order=None)
    with pytest.raises(BrokenCourse) as caught:
        _ = Catalog(folder.parent.parent).challenges
    assert caught.value.file == other / "challenge.toml"


@pytest.mark.parametrize("name", ["4", "04", "04_cache", "cache", " 04 ", "challenges/04_cache/", "workspace/04_cache"])
def test_a_challenge_is_found_by_any_of_its_names(name: str) -> None:
    """Number, folder and module name all lead to it."""
    assert Catalog(ROOT).find(name).slug == "04_cache"


@pytest.mark.parametrize("name", ["", "9", "044", "cach", "04_"])
def test_an_unknown_name_lists_the_known_ones(name: str) -> None:
    """The message says what there is."""
    with pytest.raises(UnknownChallenge, match=r"there are 01_auth, 02_task_queue"):
        Catalog(ROOT).find(name)


def test_the_owner_of_a_file_is_its_challenge(tmp_path: Path) -> None:
    """A path below a challenge's folder belongs to it."""
    catalog = Catalog(ROOT)
    assert catalog.owner_of(catalog.find("04").hidden / "test_1_works.py").number == "04"
    with pytest.raises(UnknownChallenge, match="belongs to no challenge"):
        catalog.owner_of(tmp_path)
