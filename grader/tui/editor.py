"""Opens the learner's own editor on a file: in the same terminal, or beside it where the editor has its own window."""

import os
import shlex
import shutil
import subprocess
import threading
from pathlib import Path

from textual.app import App, SuspendNotSupported

_WINDOWED = ("code", "codium", "cursor", "zed", "subl", "pycharm", "gedit", "kate", "mate", "idea")


def open_file(app: App[int], file: Path, line: int = 0) -> str:
    """Open *file* (at *line*, when known), lending the terminal when the editor needs it; returns what to say, if any.

    Raises:
        LookupError: no editor can be used; the message says what to do instead.
    """
    words, takes_terminal = command(file, line)
    if not takes_terminal:
        try:
            editor = subprocess.Popen(  # noqa: S603 - the learner's own editor
                words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise LookupError(_unusable(words[0], file, error)) from error
        threading.Thread(target=editor.wait, daemon=True).start()  # it stays when we go, and is no zombie before
        return f"{file.name} is open in {Path(words[0]).name}"
    failure: OSError | None = None
    try:
        with app.suspend():  # an exception in here would leave the terminal lent for good
            try:
                subprocess.run(words, check=False)  # noqa: S603 - the learner's own editor
            except OSError as error:
                failure = error
    except SuspendNotSupported as error:
        raise LookupError(f"this terminal cannot be lent to an editor; open {file} in yours") from error
    app.refresh(layout=True)
    if failure is not None:
        raise LookupError(_unusable(words[0], file, failure))
    return ""


def command(file: Path, line: int = 0) -> tuple[list[str], bool]:
    """The command that opens *file* (at *line*, when known) and whether it takes over the terminal.

    Raises:
        LookupError: no editor was found; the message says what to set.
    """
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    try:
        words = shlex.split(named)
    except ValueError as error:
        raise LookupError(f"VISUAL or EDITOR is {named!r}, which no shell could read ({error})") from error
    if not words and os.environ.get("TERM_PROGRAM") == "vscode" and shutil.which("code"):
        words = ["code"]
    if not words:
        found = next((name for name in ("nano", "vim", "vi", "emacs") if shutil.which(name)), None)
        if found is None:
            raise LookupError(f"no editor was found: set EDITOR, or open {file} in yours")
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


def _unusable(editor: str, file: Path, error: OSError) -> str:
    return f"the editor {editor!r} could not be started ({error.strerror or error}); open {file} in yours"
