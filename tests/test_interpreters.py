"""The course works on every supported Python found on this machine."""

import json
import os
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from grader.nursery.client import ROOT

SUPPORTED = ("3.11", "3.12", "3.13", "3.14")
KEPT = ROOT / ".interpreters"
"""Their environments, made once and kept until the requirements change."""


def _found() -> dict[str, str]:
    """The supported interpreters other than the running one, by version: on the PATH, or where pyenv keeps them."""
    mine = f"{sys.version_info[0]}.{sys.version_info[1]}"
    found = {}
    for version in SUPPORTED:
        folders = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin"), reverse=True)
        places = [shutil.which(f"python{version}"), *(str(folder / f"python{version}") for folder in folders)]
        for place in places:
            if version != mine and place and _runs(place, version):
                found[version] = place
                break
    return found


def _runs(python: str, version: str) -> bool:
    probe = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-I", "-c", probe], capture_output=True, text=True, timeout=20, check=False)
    except OSError:
        return False
    return done.stdout.strip() == version


FOUND = _found()


@pytest.mark.skipif(not FOUND, reason="no other supported Python on this machine")
@pytest.mark.parametrize("version", FOUND)
def test_references_pass_on_this_interpreter(version: str, tmp_path: Path) -> None:
    """All reference solutions pass all checks there, with warnings as errors in the judge's own start."""
    python = _environment(version)

    done = subprocess.run(
        [python, "-m", "grader", "check", "--submission", str(ROOT / "solutions"), "--json"],
        cwd=tmp_path,
        env={**os.environ, "LEVELUP_WORKSPACE": str(tmp_path / "workspace")},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    bad = [line for line in lines if line["event"] == "check_finished" and line["outcome"] != "passed"]
    assert not bad, bad
    assert done.returncode == 0, done.stderr
    assert lines[-1]["total"] > 100


@pytest.mark.skipif(not FOUND, reason="no other supported Python on this machine")
@pytest.mark.parametrize("version", FOUND)
def test_core_passes_its_own_tests_on_this_interpreter(version: str) -> None:
    """The wire, the subject and the judge keep their promises there too."""
    python = _environment(version)

    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "tests/wire", "tests/subject", "tests/judge"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def _environment(version: str) -> str:
    """The Python of an environment with the project in it, made on first use."""
    inputs = [(ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")]
    stamp = "-".join(f"{zlib.crc32(text):08x}" for text in inputs)
    folder = KEPT / version
    python = str(folder / "bin" / "python")
    if not (folder / "stamp").is_file() or (folder / "stamp").read_text() != stamp:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([FOUND[version], "-m", "venv", str(folder)], check=True, capture_output=True, timeout=120)
        install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-c", "constraints.txt"]
        subprocess.run([*install, "-e", ".[dev]"], check=True, cwd=ROOT, capture_output=True, timeout=600)
        (folder / "stamp").write_text(stamp)
    return python
