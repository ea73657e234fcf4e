"""Measures how long a learner waits and what that costs: ``.venv/bin/python benchmarks/latency.py``.

The tables go to stdout, progress to stderr. README.md beside this file says what each row is.
"""

import argparse
import platform
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import saves
import screen
import trivial
import wire_cost
from measuring import NotMeasured, say
from table import Table, Target, targets_table

from grader.errors import EXIT_INTERRUPTED, LevelUpError

RUNS, QUICK_RUNS = 20, 5
Part = Callable[[int, Path], tuple[Table, list[Target]]]
PARTS: dict[str, Part] = {
    "saves": saves.measure,
    "trivial": trivial.measure,
    "screen": screen.measure,
    "wire": wire_cost.measure,
}


def main() -> int:
    """Measure and print; returns the exit code, 1 if a figure was not reached."""
    options = _options()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)  # ended by another: leave nothing behind either
    runs = QUICK_RUNS if options.quick else options.runs
    print(
        f"{platform.platform()}, {_cores()} cores, Python {platform.python_version()}, medians of {runs}\n", flush=True
    )
    targets: list[Target] = []
    for name in options.parts or PARTS:
        with tempfile.TemporaryDirectory(prefix="levelup-latency-", ignore_cleanup_errors=True) as folder:
            try:
                table, reached = PARTS[name](runs, Path(folder))
            except (NotMeasured, LevelUpError) as error:
                print(f"{name}: not measured: {error}\n", flush=True)
                targets.append(Target(name, None, 0, "", remark=str(error)[:80]))
                continue
        print("\n".join(table.lines()), flush=True)
        targets += reached
    if targets:
        print("\n".join(targets_table(targets).lines()), flush=True)
    return 0 if all(target.reached for target in targets) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=f"only these: {', '.join(PARTS)}"
    )
    parser.add_argument("--runs", type=int, default=RUNS, metavar="N", help=f"how often each is measured ({RUNS})")
    parser.add_argument("--quick", action="store_true", help=f"only {QUICK_RUNS} times")
    return parser.parse_args()


def _cores() -> int:
    import os  # noqa: PLC0415 - for this alone

    return os.cpu_count() or 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("stopped")
        sys.exit(EXIT_INTERRUPTED)
