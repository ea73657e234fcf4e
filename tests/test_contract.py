"""Who imports whom, and the house's own rules, held by machine."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.nursery.client import ROOT

MAX_LINES = 300
MODULES = sorted(path for name in ("grader", "capstone") for path in (ROOT / name).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def imported_by(statement: str) -> set[str]:
    """The modules a fresh interpreter has loaded after *statement*."""
    code = f"import sys, json; sys.path.insert(0, {str(ROOT)!r}); {statement}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import grader.run.runner", ("textual", "pytest", "grader.judge", "grader.subject", "grader.tui", "redis")),
        ("import grader.nursery.main", ("textual", "pytest", "grader.judge", "grader.subject", "grader.run")),
        ("import grader.judge.warm, grader.testing", ("textual", "grader.subject", "grader.tui", "grader.run")),
        ("import grader.subject.process", ("textual", "pytest", "_pytest", "grader.judge", "grader.testing")),
        ("import grader.wire.peer, grader.wire.values", ("grader.judge", "grader.subject", "grader.nursery", "pytest")),
        ("import grader.catalog, grader.progress, grader.workspace", ("textual", "pytest", "grader.judge")),
        ("import grader.cli.main", ("textual", "pytest", "grader.judge", "grader.subject", "watchfiles")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fresh_process_holds_only_its_own_side(statement: str, absent: tuple[str, ...]) -> None:
    """What a part of the grader loads leaves out the other side, the UI and what it has no use for."""
    loaded = imported_by(statement)
    assert [name for name in loaded if any(f"{name}.".startswith(f"{other}.") for other in absent)] == []


def test_the_import_contracts_are_kept() -> None:
    """import-linter finds no import that the contracts in pyproject.toml forbid."""
    program = Path(sys.executable).with_name("lint-imports")
    if not program.exists():
        pytest.skip("import-linter is not installed")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert " 0 broken" in done.stdout


def test_modules_are_short_and_say_what_they_are_for() -> None:
    """No module is over 300 lines, and each begins with a sentence about itself."""
    long, silent = [], []
    for path in MODULES:
        source = path.read_text(encoding="utf-8")
        if len(source.splitlines()) > MAX_LINES:
            long.append(path.relative_to(ROOT))
        if not (ast.get_docstring(ast.parse(source)) or "").splitlines()[:1]:
            silent.append(path.relative_to(ROOT))
    assert (long, silent) == ([], [])


def test_tests_are_sentences() -> None:
    """Each test file and each test says in a sentence what holds."""
    untold = []
    for path in TESTS:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        tests = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
        untold += [(path.name, getattr(node, "name", "")) for node in (tree, *tests) if not ast.get_docstring(node)]
    assert untold == []


@pytest.mark.parametrize("folder", ["challenges", "solutions"])
def test_a_course_imports_nothing_of_the_grader(folder: str) -> None:
    """A hidden suite imports grader.testing; stubs and solutions import nothing of the grader at all."""
    wrong = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            allowed = ("grader.testing",) if "hidden" in path.parts else ()
            wrong += [
                f"{path}: {n}" for n in names if n.split(".")[0] == "grader" and not n.startswith(allowed or "\0")
            ]
    assert wrong == []
