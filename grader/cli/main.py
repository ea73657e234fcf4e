"""The command ``levelup``: reads the arguments, loads the one verb that is asked for, ends with its exit code."""

import argparse
import importlib
import os
import sys
import traceback
from collections.abc import Sequence

from grader.errors import EXIT_GRADER, EXIT_INTERRUPTED, LevelUpError

VERBS = {
    "check": "run the checks of some challenges, or of all",
    "watch": "run the checks again after each save",
    "list": "the challenges and how far you are",
    "show": "print a challenge's spec",
    "hint": "print the next hint for a challenge, or for one of its checks",
    "reset": "put a challenge's stub back; your file is kept as a backup",
    "try": "run the usage example of a challenge on your code",
    "pack": "put challenges into one file to hand in",
    "doctor": "look at this machine and say what is missing",
    "clean": "stop and remove what Level Up started or cached; never your files",
    "verify": "for authors: prove that the checks accept right solutions and reject wrong ones",
}
_EPILOG = """\
Without a command the terminal UI opens. Exit codes: 0 all passed, 1 some check failed,
2 asked for something that is not there, 3 the grader itself could not work.
Your files are in workspace/ in the course's folder, or where LEVELUP_WORKSPACE points."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(arguments)
    except LevelUpError as error:
        print(f"levelup: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("levelup: stopped", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of our output went away: `levelup list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_GRADER
    except OSError as error:  # a full disk, a folder that went away
        place = f": {error.filename}" if error.filename else ""
        print(f"levelup: {error.strerror or error}{place}", file=sys.stderr)
        return EXIT_GRADER
    except Exception:  # noqa: BLE001 - our own mistake: shown whole, and never taken for a failed check
        traceback.print_exc()
        print("levelup: this is a fault of the grader, not of your code", file=sys.stderr)
        return EXIT_GRADER


def _run(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="levelup",
        description="Backend engineering in Python: seven challenges, judged by processes your code cannot reach.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and end")
    verbs = parser.add_subparsers(dest="verb", metavar="command", title="commands")
    wanted = next((word for word in arguments if word in VERBS), None)
    for verb, summary in VERBS.items():
        sub = verbs.add_parser(verb, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if verb == wanted:  # the others' arguments are not needed, nor what they import
            _module(verb).add_arguments(sub)
    options = parser.parse_args(arguments)
    if options.version:
        print(_version())
        return 0
    if options.verb is None:
        from grader.cli import ui  # noqa: PLC0415 - Textual takes a third of a second to import

        return ui.run()
    code: int = _module(options.verb).run(options)
    return code


def _module(verb: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a verb's module: add_arguments, run
    return importlib.import_module(f"grader.cli.{_FILES.get(verb, verb)}")


_FILES = {"list": "listing", "try": "tryout"}
"""Verbs whose names cannot be module names, or would hide a builtin."""


def _version() -> str:
    from importlib import metadata  # noqa: PLC0415 - slow, and rarely asked for

    return f"levelup {metadata.version('levelup')}"


if __name__ == "__main__":
    sys.exit(main())
