"""Rows: the UI's first paint, what it and the watcher use while idle, and what everything warm holds in memory."""

import subprocess
import sys
import time
from pathlib import Path

import programs
from measuring import NotMeasured, Samples, rounds, say, shown
from processes import Usage, usage
from saves import put_reference
from table import Table, Target
from terminal import Terminal, terminal

from grader.catalog import Catalog
from grader.model import Challenge
from grader.nursery.client import ROOT
from grader.progress import Progress
from grader.workspace import Workspace

FIRST_PAINT_MS = 600.0
IDLE_PERCENT = 1.0
MEMORY_MB = 400.0
_IDLE_SECONDS = 10.0
_SETTLE_SECONDS = 3.0
_JUDGED_SECONDS = 60.0


def measure(runs: int, folder: Path) -> tuple[Table, list[Target]]:
    """Open the UI *runs* times; then once more, have it judge all challenges, and look at it while it does nothing."""
    challenges = Catalog(ROOT).challenges
    workspace = Workspace(folder / "workspace")
    workspace.prepare(challenges)
    env = programs.environment(LEVELUP_WORKSPACE=str(workspace.folder))
    command, told = _command()
    samples = Samples()
    for number in rounds("first paint", runs + 1):
        with terminal(command, ROOT, env) as opened:
            drawn = opened.wait_for("Level Up", challenges[0].title)
            samples.add("thrown away" if number == 1 else "first paint", drawn)
    watch_cpu, _ = _idle_watch(env)
    with terminal(command, ROOT, env) as opened:
        opened.wait_for("Level Up", challenges[0].title)
        _judge_all(opened, workspace, challenges)
        ui_cpu, warm = _idle(opened)
    table = Table("3. The terminal UI", ("what", "value", "range"))
    paints = samples.times["first paint"]
    paint = samples.median("first paint")
    table.rows = [
        ("first paint", shown(paint), f"{shown(min(paints))} to {shown(max(paints))}"),
        (f"processor, idle: levelup watch, all its processes, {_IDLE_SECONDS:.0f} s", f"{watch_cpu:.2f} %", ""),
        (f"processor, idle: the UI, all its processes, {_IDLE_SECONDS:.0f} s", f"{ui_cpu:.2f} %", ""),
        (f"memory, everything warm: {warm.count} processes, {warm.how}", f"{warm.memory_mb:.0f} MB", ""),
    ]
    table.notes.append(told)
    table.notes.append("everything warm: the UI after judging all references, its suites collected, its servers up")
    return table, [
        Target("the UI's first paint", paint, FIRST_PAINT_MS, "ms"),
        Target(
            "idle watcher, share of a core",
            watch_cpu,
            IDLE_PERCENT,
            "%",
            remark=f"the UI with everything warm {ui_cpu:.2f} %",
        ),
        Target("everything warm", warm.memory_mb, MEMORY_MB, "MB", remark=warm.how),
    ]


def _command() -> tuple[list[str | Path], str]:
    """How the UI is started: by ``./levelup`` where that has installed, or it would install first."""
    if (ROOT / ".venv" / "levelup-installed").exists():
        return [ROOT / "levelup"], "first paint: from the start of ./levelup until the title and a challenge are drawn"
    reason = "./levelup, which looks at .venv first, has not installed here"
    return [sys.executable, "-m", "grader"], f"first paint: from the start of `python -m grader`: {reason}"


def _idle_watch(env: dict[str, str]) -> tuple[float, Usage]:
    """The share of a core that ``levelup watch`` takes while nothing is saved."""
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "watch"], cwd=ROOT, env=env, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    with programs.ended(process):
        assert process.stderr is not None
        for line in process.stderr:
            if "watching" in line:
                break
        else:
            raise NotMeasured("levelup watch ended")
        time.sleep(_SETTLE_SECONDS)
        before, began = usage(process.pid), time.perf_counter()
        time.sleep(_IDLE_SECONDS)
        after = usage(process.pid)
        return _percent(before, after, began), after


def _judge_all(opened: Terminal, workspace: Workspace, challenges: tuple[Challenge, ...]) -> None:
    """Save every reference and wait until the UI has stored its run."""
    for challenge in challenges:
        opened.read_for(_SETTLE_SECONDS / 3)
        say(f"the UI judges {challenge.slug}")
        put_reference(workspace, challenge)
        until = time.perf_counter() + _JUDGED_SECONDS
        while not _stored(workspace, challenge):
            opened.read_for(0.2)
            if opened.process.poll() is not None or time.perf_counter() > until:
                raise NotMeasured(f"the UI has not judged {challenge.slug}")


def _stored(workspace: Workspace, challenge: Challenge) -> bool:
    with Progress(workspace.state / "progress.sqlite3") as progress:
        return bool(progress.of(challenge.number).outcomes)


def _idle(opened: Terminal) -> tuple[float, Usage]:
    say(f"idle for {_IDLE_SECONDS:.0f} s")
    opened.read_for(_SETTLE_SECONDS)
    before, began = usage(opened.process.pid), time.perf_counter()
    opened.read_for(_IDLE_SECONDS)
    after = usage(opened.process.pid)
    return _percent(before, after, began), after


def _percent(before: Usage, after: Usage, began: float) -> float:
    return 100 * (after.cpu_seconds - before.cpu_seconds) / (time.perf_counter() - began)
