"""Rows: from a save to the first and the last verdict of each challenge, warm and cold, beside plain pytest."""

import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import programs
from measuring import NotMeasured, Samples, rounds, say, shown, times
from saving import Saved, Saver
from table import Table, Target

from grader.catalog import Catalog
from grader.model import Challenge
from grader.nursery.client import ROOT, Nursery
from grader.workspace import Workspace, write_atomically

FIRST_MS = 50.0
WITHOUT_SERVER_MS = 300.0
WITH_SERVER_MS = 600.0
_WITHIN_A_STEP = 0.08
"""Up to so many seconds pass before a save, so that saves fall anywhere between two looks of the watcher."""


@dataclass
class _Taken:
    """What was measured of one challenge."""

    challenge: Challenge
    samples: Samples
    checks: int = 0
    not_passed: int = 0
    lost: int = 0

    def add(self, saved: Saved) -> None:
        self.checks = saved.checks
        self.not_passed += saved.checks - saved.passed
        for name in ("noticed", "first", "last", "first_after_notice", "last_after_notice"):
            self.samples.add(name, getattr(saved, name))

    @property
    def limit(self) -> float:
        return WITH_SERVER_MS if self.challenge.needs else WITHOUT_SERVER_MS


def measure(runs: int, folder: Path) -> tuple[Table, list[Target]]:
    """Save each challenge's reference *runs* times and judge it warm; each time also cold, and by plain pytest."""
    catalog = Catalog(ROOT)
    workspace = Workspace(folder)
    workspace.prepare(catalog.challenges)
    for challenge in catalog.challenges:
        put_reference(workspace, challenge)
    everything = [_Taken(challenge, Samples()) for challenge in catalog.challenges]
    with Nursery() as nursery, Saver(folder, nursery) as saver:
        for taken in everything:
            saver.warm(taken.challenge)
            saver.save(taken.challenge, _source(taken.challenge, 0))  # starts the servers it needs
        for number in rounds("saves", runs):
            for taken in everything:
                time.sleep(random.uniform(0, _WITHIN_A_STEP))  # noqa: S311 - no secret
                taken.add(saver.save(taken.challenge, _source(taken.challenge, number)))
    for number in rounds("cold runs", runs + 1):
        for taken in everything:
            _cold(taken, folder, Samples() if number == 1 else taken.samples)
    return _table(everything), _targets(everything)


def put_reference(workspace: Workspace, challenge: Challenge) -> None:
    """Put the reference and the modules beside it into the workspace, in one step each; the one that is judged last."""
    target = workspace.file(challenge)
    for file in sorted(challenge.solutions.glob("*.py"), key=lambda file: file == challenge.reference):
        write_atomically(target.with_name(file.name), file.read_bytes())


def _source(challenge: Challenge, number: int) -> bytes:
    """The reference, a little different each time: an editor writes new bytes."""
    return challenge.reference.read_bytes() + f"\n# saved {number} times\n".encode()


def _cold(taken: _Taken, workspace: Path, samples: Samples) -> None:
    """Both whole processes, one after the other; the first round, which fills caches, is thrown away."""
    number, slug = taken.challenge.number, taken.challenge.slug
    env = programs.environment(LEVELUP_WORKSPACE=str(workspace))
    try:
        checked = programs.run([sys.executable, "-m", "grader", "check", number, "--json"], ROOT, env, codes=(0, 1))
        verdicts = checked.times_of("check_finished")
        by_pytest = programs.run([sys.executable, "-m", "pytest", f"challenges/{slug}", "-q"], ROOT, env, codes=(0, 1))
    except NotMeasured as error:
        say(str(error))
        taken.lost += 1
        return
    if verdicts:
        samples.add("cold first", verdicts[0])
        samples.add("cold last", verdicts[-1])
        samples.add("cold", checked.ms)
        samples.add("pytest", by_pytest.ms)


def _table(everything: list[_Taken]) -> Table:
    table = Table(
        "1. From a save to the verdicts of tier 1",
        ("challenge", "checks", "first", "first*", "last", "last*", "cold first", "cold last", "cold", "pytest",
         "pytest/last", "pytest/cold"),
    )  # fmt: skip
    for taken in everything:
        s = taken.samples
        names = (
            "first",
            "first_after_notice",
            "last",
            "last_after_notice",
            "cold first",
            "cold last",
            "cold",
            "pytest",
        )
        by_pytest, warm = s.median("pytest"), s.median("last")
        ratio = by_pytest / warm if by_pytest and warm else None
        table.rows.append((
            taken.challenge.slug, str(taken.checks), *(shown(s.median(name)) for name in names),
            times(ratio), times(s.ratio("pytest", "cold")),
        ))  # fmt: skip
        if taken.not_passed:
            table.notes.append(f"{taken.challenge.slug}: {taken.not_passed} verdicts in all were no pass")
        if taken.lost:
            table.notes.append(f"{taken.challenge.slug}: {taken.lost} cold rounds failed and do not count; see stderr")
    noticed = [ms for taken in everything for ms in taken.samples.times["noticed"]]
    table.notes += [
        "first, last: warm, servers up, from just before the rename",
        f"first*, last*: without the watcher's debounce, which took {shown(min(noticed))} to {shown(max(noticed))}",
        "cold: a whole `levelup check NN --json`, servers included: to its first verdict, its last, its end",
        "pytest: a whole `python -m pytest challenges/NN -q`",
    ]
    return table


def _targets(everything: list[_Taken]) -> list[Target]:
    def worst(name: str, among: list[_Taken]) -> tuple[float | None, str]:
        found = [(ms, taken.challenge.slug) for taken in among if (ms := taken.samples.median(name)) is not None]
        return max(found) if found else (None, "")

    targets = []
    for what, name, among, bound in (
        ("first verdict after the watcher's debounce", "first_after_notice", everything, FIRST_MS),
        ("a tier 1 without a server", "last", [t for t in everything if not t.challenge.needs], WITHOUT_SERVER_MS),
        ("a tier 1 with a server already up", "last", [t for t in everything if t.challenge.needs], WITH_SERVER_MS),
    ):
        measured, slug = worst(name, among)
        targets.append(Target(what, measured, bound, "ms", remark=f"slowest: {slug}"))
    return targets
