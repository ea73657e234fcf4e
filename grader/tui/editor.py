"""Opens the learner's own editor on a file: in the same terminal, or beside it where the editor has its own window."""

import os
import shlex
import shutil
from pathlib import Path

_WINDOWED = ("code", "codium", "cursor", "zed", "subl", "pycharm", "gedit", "kate", "mate", "idea")


def command(file: Path, line: int = 0) -> tuple[list[str], bool]:
    """The command that opens *file* (at *line*, when known) and whether it takes over the terminal.

    Raises:
        LookupError: no editor was found; the message says what to set.
    """
    words = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "")
    if not words and os.environ.get("TERM_PROGRAM") == "vscode" and shutil.which("code"):
        words = ["code"]
    if not words:
        found = next((name for name in ("nano", "vim", "vi", "emacs") if shutil.which(name)), None)
        if found is None:
            raise LookupError(f"no editor found: set EDITOR, or open {file} in yours")
        words = [found]
    if shutil.which(words[0]) is None:
        raise LookupError(f"the editor {words[0]!r} (from VISUAL or EDITOR) was not found; open {file} in yours")
    name = Path(words[0]).name
    windowed = name in _WINDOWED
    return [*words, *_position(name, file, line)], not windowed


def _position(name: str, file: Path, line: int) -> list[str]:
    if not line:
        return [str(file)]
    if name in ("code", "codium", "cursor"):
        return ["--goto", f"{file}:{line}"]
    if name in ("vi", "vim", "nvim", "nano", "emacs", "micro"):
        return [f"+{line}", str(file)]
    if name in ("zed", "subl", "hx", "helix"):
        return [f"{file}:{line}"]
    return [str(file)]
