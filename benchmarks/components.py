"""Runs each reference beside what a professional would use: ``.venv/bin/python benchmarks/components.py``.

Same work, same guarantees, real servers, in turns; beside the speed stands what each loses or gets wrong. The
tables go to stdout, progress to stderr. README.md beside this file says what each row is.
"""

import argparse
import importlib
import logging
import platform
import signal
import sys
import tempfile
from pathlib import Path

from components_parts.arena import Arena, use_references
from measuring import NotMeasured, say

from grader.errors import EXIT_INTERRUPTED, LevelUpError
from grader.witnesses.keeper import Keeper

RUNS, QUICK_RUNS = 11, 3
PARTS = ("auth", "task_queue", "pool", "cache", "limiter", "queue", "migrations")


def main() -> int:
    """Measure and print; returns the exit code, 1 if a part could not be measured."""
    options = _options()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)  # ended by another: leave nothing behind either
    logging.disable(logging.CRITICAL)  # provoked faults are logged by everybody
    use_references()
    runs = QUICK_RUNS if options.quick else options.runs
    print(f"{platform.platform()}, Python {platform.python_version()}, medians of {runs}, in turns\n", flush=True)
    code = 0
    for name in options.parts or PARTS:
        with (
            tempfile.TemporaryDirectory(prefix="levelup-components-", ignore_cleanup_errors=True) as folder,
            Keeper() as keeper,
        ):
            try:
                part = importlib.import_module(f"components_parts.{name}_part")
                contest = part.contest(Arena(Path(folder), keeper), runs)
            except (NotMeasured, LevelUpError) as error:
                print(f"{name}: not measured: {error}\n", flush=True)
                code = 1
                continue
        for table in contest.tables():
            print("\n".join(table.lines()), flush=True)
    return code


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=f"only these: {', '.join(PARTS)}"
    )
    parser.add_argument("--runs", type=int, default=RUNS, metavar="N", help=f"how often each is measured ({RUNS})")
    parser.add_argument("--quick", action="store_true", help=f"only {QUICK_RUNS} times")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("stopped")
        sys.exit(EXIT_INTERRUPTED)
