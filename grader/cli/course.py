"""What every verb starts from: the catalog, the learner's workspace, the chosen challenges and their files."""

import argparse
import sys
from pathlib import Path

from grader.catalog import Catalog
from grader.errors import UsageError
from grader.model import Challenge
from grader.nursery.client import ROOT
from grader.progress import Progress
from grader.run.runner import Assignment
from grader.submission import resolve
from grader.workspace import Workspace


class Course:
    """The course and the learner's place in it."""

    def __init__(self) -> None:
        self.catalog = Catalog(ROOT)
        self.workspace = Workspace.of_learner(ROOT)

    def chosen(self, names: list[str]) -> tuple[Challenge, ...]:
        """The named challenges, or all."""
        return tuple(dict.fromkeys(map(self.catalog.find, names))) or self.catalog.challenges

    def prepare_workspace(self) -> None:
        """Make the learner's workspace on first use, and say so."""
        first = not self.workspace.folder.exists()
        made = self.workspace.prepare(self.catalog.challenges)
        if first:
            narrate(f"your workspace is {shown(self.workspace.folder)}: one folder a challenge, with a stub to fill in")
        else:
            for file in made:
                narrate(f"put a fresh stub at {shown(file)}")

    def assignments(self, challenges: tuple[Challenge, ...], submission: str | None) -> tuple[Assignment, ...]:
        """What to judge for each challenge; one file stands for the only challenge it can belong to."""
        if submission is None:
            self.prepare_workspace()
            return tuple(Assignment(c, resolve(c, self.workspace.folder)) for c in challenges)
        named = Path(submission).expanduser()
        if named.is_file() and len(challenges) > 1:
            challenges = tuple(c for c in challenges if c.module == named.stem)
            if not challenges:
                raise UsageError(f"{named} is named like no challenge's module: say which one, as in levelup check 05")
        return tuple(Assignment(c, resolve(c, named)) for c in challenges)

    def progress(self) -> Progress:
        """The progress store; a notice about a file that had to be set aside goes to stderr."""
        progress = Progress(self.workspace.state / "progress.sqlite3")
        if progress.notice:
            narrate(progress.notice)
        return progress


def narrate(text: str) -> None:
    """Say on stderr what is going on."""
    print(f"levelup: {text}", file=sys.stderr, flush=True)


def shown(path: Path) -> str:
    """*path* relative to the current folder where that is shorter to read."""
    try:
        return f"./{path.relative_to(Path.cwd())}"
    except ValueError:
        return str(path)


def add_challenges(parser: argparse.ArgumentParser, *, nargs: str = "*") -> None:
    """The argument NN…."""
    parser.add_argument(
        "challenges", nargs=nargs, metavar="NN", help="a challenge: 05, 5, rate_limiter or 05_rate_limiter"
    )


def add_output(parser: argparse.ArgumentParser) -> None:
    """The options --plain and --json."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--plain", action="store_true", help="no colours, no symbols beyond ASCII")
    form.add_argument("--json", action="store_true", help="one event a line, as JSON")
