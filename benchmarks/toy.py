"""The thirty trivial checks: one tiny challenge, written out for us and for each of the others."""

import shutil
from pathlib import Path

from grader.catalog import read
from grader.model import Challenge
from grader.nursery.client import ROOT

CHECKS = 30
SOLUTION = "def add(a, b):\n    return a + b\n"
_SLUG = "01_toy"

_OURS_HEAD = '''\
"""Thirty trivial checks."""

from grader.testing import check, expect
'''
_OURS = '''

@check(tier=1, section="§1")
def test_add_{k}(subject):
    """{k} and 1 make {sum}."""
    expect(subject.add({k}, 1), "add({k}, 1)").equals({sum}, because="it adds")
'''
_TOML = """\
title = "Toy"
goal = "Add two numbers."
module = "toy"
order = 1
difficulty = "easy"
minutes = 1
needs = []
"""
_PYTEST = '''
def test_add_{k}():
    """{k} and 1 make {sum}."""
    assert toy.add({k}, 1) == {sum}

'''
_CHECK50 = '''
@check50.check()
def add_{k}():
    """{k} and 1 make {sum}."""
    if check50.py.import_("toy.py").add({k}, 1) != {sum}:
        raise check50.Failure("wrong sum")

'''
_OTTER = """\
OK_FORMAT = True
test = {{
    "name": "add_{k}",
    "points": 1,
    "suites": [{{
        "cases": [{{"code": ">>> add({k}, 1)\\n{sum}", "hidden": False, "locked": False}}],
        "scored": True, "setup": "", "teardown": "", "type": "doctest",
    }}],
}}
"""


def course(folder: Path) -> Challenge:
    """A course with this challenge alone and a copy of the grader, which finds its course beside itself."""
    shutil.copytree(ROOT / "grader", folder / "grader", ignore=shutil.ignore_patterns("__pycache__"))
    challenge = folder / "challenges" / _SLUG
    _write(challenge / "challenge.toml", _TOML)
    _write(challenge / "toy.py", "def add(a, b):\n    raise NotImplementedError\n")
    _write(challenge / "hidden" / "test_1_works.py", _OURS_HEAD + _each(_OURS))
    _write(folder / "workspace" / _SLUG / "toy.py", SOLUTION)
    return read(challenge / "challenge.toml")


def for_pytest(folder: Path) -> Path:
    """A folder with the solution and a test file that imports it."""
    _write(folder / "toy.py", SOLUTION)
    _write(folder / "test_toy.py", "import toy\n\n" + _each(_PYTEST))
    return folder


def for_check50(folder: Path) -> Path:
    """A folder with a checks package ``checks`` and the solution in ``work``."""
    _write(folder / "checks" / ".cs50.yml", "check50: true\n")
    _write(folder / "checks" / "__init__.py", "import check50\nimport check50.py\n\n" + _each(_CHECK50))
    _write(folder / "work" / "toy.py", SOLUTION)
    return folder


def for_otter(folder: Path) -> Path:
    """A folder with one test file a check in ``tests`` and the solution beside it."""
    for k in range(CHECKS):
        _write(folder / "tests" / f"add_{k}.py", _OTTER.format(k=k, sum=k + 1))
    _write(folder / "toy.py", SOLUTION)
    return folder


def _each(text: str) -> str:
    return "".join(text.format(k=k, sum=k + 1) for k in range(CHECKS))


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
