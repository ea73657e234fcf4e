"""``levelup pack NN…``: one zip file with the learner's solutions and helper modules, to hand in."""

import argparse
import io
import zipfile
from pathlib import Path

from grader.cli.course import Course, add_challenges, narrate, shown
from grader.errors import WorkspaceError
from grader.submission import MAX_SOURCE_BYTES, resolve
from grader.workspace import write_atomically

_FIXED_TIME = (2020, 1, 1, 0, 0, 0)
"""The same sources make the same file, byte for byte."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    add_challenges(parser)
    parser.add_argument("-o", "--output", default="levelup-handin.zip", metavar="FILE", help="default: %(default)s")


def run(options: argparse.Namespace) -> int:
    """Write the file; returns 0."""
    course = Course()
    course.prepare_workspace()
    buffer = io.BytesIO()
    names = []
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for challenge in course.chosen(options.challenges):
            if not options.challenges and not course.workspace.started(challenge):
                continue
            if not course.workspace.started(challenge):
                narrate(f"{challenge.slug} is still the stub")
            folder = resolve(challenge, course.workspace.folder).parent
            for file in sorted(folder.rglob("*.py")):
                inside = file.relative_to(folder)
                if _belongs(file, inside):
                    name = f"{challenge.slug}/{inside.as_posix()}"
                    archive.writestr(zipfile.ZipInfo(name, _FIXED_TIME), file.read_bytes())
                    names.append(name)
    if not names:
        raise WorkspaceError("nothing to pack: no challenge differs from its stub yet")
    target = Path(options.output)
    verb = "packed" if not target.exists() else "replaced: packed"
    try:
        write_atomically(target, buffer.getvalue())
    except OSError as error:
        raise WorkspaceError(f"{target} cannot be written: {error.strerror or error}") from error
    for name in names:
        print(name)
    print(f"{verb} {len(names)} file{'s' * (len(names) != 1)} into {shown(target.resolve())}")
    return 0


def _belongs(file: Path, inside: Path) -> bool:
    hidden = any(part.startswith(".") or part == "__pycache__" for part in inside.parts)
    return not hidden and file.is_file() and not file.is_symlink() and file.stat().st_size <= MAX_SOURCE_BYTES
