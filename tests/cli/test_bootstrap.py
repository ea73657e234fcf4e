"""The bootstrap ``./levelup``: installs once, repairs, re-installs only when the requirements changed."""

import ast
import os
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.nursery.client import ROOT

UV = """#!/bin/sh
# Stands in for uv: makes .venv/bin/python, a script that prints its arguments, and notes each call.
echo "$@" >> "{log}"
[ -e "{fail}" ] && {{ echo "no network" >&2; exit 1; }}
case "$1" in
venv)
    for last; do :; done
    mkdir -p "$last/bin"
    printf '#!/bin/sh\\ncase "$1" in -I) exit 0;; esac\\necho RUN "$@"\\n' > "$last/bin/python"
    chmod +x "$last/bin/python" ;;
esac
"""


@dataclass(frozen=True)
class Checkout:
    """A folder with the bootstrap and the files it looks at, and a stand-in for uv on the PATH."""

    folder: Path

    def run(self, *arguments: str, path: str = "") -> subprocess.CompletedProcess[str]:
        """``./levelup`` with some arguments."""
        return subprocess.run(
            [sys.executable, str(self.folder / "levelup"), *arguments],
            env={**os.environ, "PATH": path or f"{self.folder / 'bin'}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def calls(self) -> list[str]:
        """What uv was called with since the last question."""
        log = self.folder / "calls.log"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return lines


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A new clone, as far as the bootstrap can see."""
    for name in ("levelup", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text(UV.format(log=tmp_path / "calls.log", fail=tmp_path / "fail"))
    uv.chmod(uv.stat().st_mode | stat.S_IXUSR)
    return Checkout(tmp_path)


def test_first_use_installs_and_starts(checkout: Checkout) -> None:
    """The first call makes .venv, installs with the pinned versions, says so and becomes the command."""
    done = checkout.run("list")

    calls = checkout.calls()
    assert done.returncode == 0
    assert "RUN -m grader list" in done.stdout
    assert "first use" in done.stderr
    assert calls[0].startswith("venv")
    assert "--constraint" in calls[1]
    assert "--editable" in calls[1]


def test_later_calls_start_at_once(checkout: Checkout) -> None:
    """Nothing is installed, and nothing said, a second time."""
    checkout.run("list")
    checkout.calls()

    done = checkout.run("check", "05")

    assert done.stdout == "RUN -m grader check 05\n"
    assert done.stderr == ""
    assert checkout.calls() == []


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_changed_requirements_are_installed(checkout: Checkout, name: str) -> None:
    """A change of either file brings .venv up to date, without making it anew."""
    checkout.run("list")
    checkout.calls()
    with (checkout.folder / name).open("a") as file:
        file.write("\n# changed\n")

    done = checkout.run("list")

    (call,) = checkout.calls()
    assert call.startswith("pip install")
    assert "requirements changed" in done.stderr


def test_selftest_installs_the_dev_extra_and_runs_pytest(checkout: Checkout) -> None:
    """``./levelup selftest`` adds the tools of the tests and hands its arguments to pytest."""
    checkout.run("list")
    checkout.calls()

    done = checkout.run("selftest", "-q")

    assert "RUN -m pytest -q" in done.stdout
    assert any("[dev]" in call for call in checkout.calls())
    assert checkout.run("list").returncode == 0
    assert checkout.calls() == []


def test_interrupted_install_is_finished(checkout: Checkout) -> None:
    """Without the stamp that a finished installation leaves, the next call carries on."""
    checkout.run("list")
    (checkout.folder / ".venv" / "levelup-installed").unlink()
    checkout.calls()

    done = checkout.run("list")

    assert "finishing or repairing" in done.stderr
    assert any(call.startswith("pip install") for call in checkout.calls())
    assert done.returncode == 0


def test_broken_interpreter_is_replaced(checkout: Checkout) -> None:
    """A .venv whose Python is gone is made anew."""
    checkout.run("list")
    (checkout.folder / ".venv" / "bin" / "python").unlink()
    checkout.calls()

    done = checkout.run("list")

    assert done.returncode == 0
    assert checkout.calls()[0].startswith("venv")


def test_interpreter_that_cannot_start_is_repaired_by_the_next_call(checkout: Checkout) -> None:
    """A Python that exists and cannot be started gives one clear line, and the next call repairs it."""
    checkout.run("list")
    (checkout.folder / ".venv" / "bin" / "python").write_bytes(b"\x00 not a program")

    first = checkout.run("list")
    second = checkout.run("list")

    assert first.returncode == 3
    assert "run this again to repair it" in first.stderr
    assert "Traceback" not in first.stderr
    assert second.returncode == 0


def test_failed_installation_says_what_and_where(checkout: Checkout) -> None:
    """No network: the end of the installer's own output, where all of it is, exit code 3; the next call tries again."""
    (checkout.folder / "fail").write_text("")

    # Only the stand-in and the basics are on the PATH, so that no real installer can help out.
    failed = checkout.run("list", path=f"{checkout.folder / 'bin'}:/usr/bin:/bin")

    assert failed.returncode == 3
    assert "no network" in failed.stderr
    assert ".levelup-install.log" in failed.stderr
    (checkout.folder / "fail").unlink()
    assert "levelup: installed" in checkout.run("list").stderr


def test_bootstrap_parses_on_old_pythons() -> None:
    """The file holds no syntax that a Python older than the course needs would choke on."""
    ast.parse((ROOT / "levelup").read_text(encoding="utf-8"), feature_version=(3, 6))
