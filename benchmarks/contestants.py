"""The other ways to run thirty trivial checks, each by its normal command and each proved to have passed all thirty."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import programs
import toy
from environments import environment
from measuring import NotMeasured

Command = list[str | Path]
_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Contestant:
    """A program that is ready to be measured: *run* does it once and returns its milliseconds."""

    name: str
    run: Callable[[], float]


def bare_pytest(folder: Path) -> Contestant:
    """Pytest on a file that imports the solution: no isolation at all."""
    env = environment("pytest", ("pytest",))
    work = toy.for_pytest(folder)

    def once() -> float:
        done = programs.run([env.bin / "python", "-m", "pytest", "-q"], work, programs.environment())
        _all_passed(sum(f"{toy.CHECKS} passed" in line for _, line in done.lines) * toy.CHECKS)
        return done.ms

    return Contestant(f"bare pytest {env.version}", once)


def exercism(folder: Path) -> Contestant:
    """A cold pytest that writes a JSON file, as Exercism's runners do."""
    env = environment("pytest", ("pytest",))
    work = toy.for_pytest(folder)
    results = folder / "results.json"
    command: Command = [env.bin / "python", "-m", "pytest", "-q", "-p", "json_results", "--json-results", results]

    def once() -> float:
        results.unlink(missing_ok=True)
        done = programs.run(command, work, programs.environment(PYTHONPATH=str(_HERE)))
        _all_passed(sum(test["status"] == "pass" for test in _json(results)["tests"]))
        return done.ms

    return Contestant("Exercism's way (pytest to JSON)", once)


def check50(folder: Path) -> Contestant:
    """CS50's checker, on this machine and with its checks from a folder."""
    env = environment("check50", ("check50",))
    base = toy.for_check50(folder)
    results = folder / "results.json"
    command: Command = [env.bin / "check50", "--dev", "--output", "json", "--output-file", results, base / "checks"]

    def once() -> float:
        results.unlink(missing_ok=True)
        done = programs.run(command, base / "work", programs.environment())
        _all_passed(sum(result["passed"] is True for result in _json(results)["results"]))
        return done.ms

    return Contestant(f"check50 {env.version}", once)


def otter(folder: Path) -> Contestant:
    """otter-grader, without its container."""
    env = environment("otter-grader", ("otter-grader[grading]", "ipykernel"))
    work = toy.for_otter(folder)
    results = work / "results.json"
    surroundings = programs.environment(PATH=f"{env.bin}:/usr/bin:/bin")
    programs.run([env.bin / "otter", "generate", "-t", "tests", "--no-environment"], work, surroundings)
    command: Command = [env.bin / "otter", "run", "--no-logo", "-a", "autograder.zip", "-o", ".", "toy.py"]

    def once() -> float:
        results.unlink(missing_ok=True)
        done = programs.run(command, work, surroundings)
        scored = [test for test in _json(results)["tests"] if test.get("max_score")]
        _all_passed(sum(test["score"] == test["max_score"] for test in scored))
        return done.ms

    return Contestant(f"otter-grader {env.version}", once)


ALL: dict[str, Callable[[Path], Contestant]] = {
    "bare pytest": bare_pytest,
    "Exercism's way": exercism,
    "check50": check50,
    "otter-grader": otter,
}


def _all_passed(passed: int) -> None:
    if passed != toy.CHECKS:
        raise NotMeasured(f"only {passed} of {toy.CHECKS} checks passed")


def _json(file: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NotMeasured(f"it wrote no results: {error}") from None
    return content
