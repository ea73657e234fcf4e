"""Loads the submission's file under its module's name, and says which frames of an error are the learner's own."""

import importlib.util
import linecache
import os
import sys
import traceback
from pathlib import Path
from types import ModuleType, TracebackType

Frames = list[tuple[str, int, str, str]]
"""File relative to the submission's folder, line number, function, source line; outermost first."""

MAX_FRAMES = 12


class Loader:
    """Imports one submission.

    Arguments:
        path: the submission's file.
        module: the name it is imported under.
        hidden: folders that must not be importable from the submission (the course and its solutions).
    """

    def __init__(self, path: Path, module: str, hidden: tuple[str, ...] = ()) -> None:
        self.path = path
        self.module = module
        self.folder = str(path.parent)
        self._hidden = hidden

    def load(self) -> ModuleType:
        """The imported module; whatever its code raises on the way comes out unchanged."""
        sys.path[:] = [self.folder, *(entry for entry in sys.path if not self._is_hidden(entry))]
        sys.dont_write_bytecode = True
        linecache.clearcache()
        spec = importlib.util.spec_from_file_location(self.module, self.path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{self.path.name} is not a Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[self.module] = module
        spec.loader.exec_module(module)
        return module

    def _is_hidden(self, entry: str) -> bool:
        return os.path.realpath(entry or ".") in self._hidden

    def owns(self, filename: str) -> bool:
        """Whether *filename* is one of the learner's files."""
        return filename.startswith(self.folder + os.sep)

    def frames(self, trace: TracebackType | None) -> Frames:
        """The learner's own frames of a traceback."""
        return self._own(traceback.extract_tb(trace))

    def frames_of_thread(self, ident: int) -> Frames:
        """The learner's own frames of what a thread is doing now."""
        frame = sys._current_frames().get(ident)  # noqa: SLF001 - the documented way to see another thread's stack
        return self._own(traceback.extract_stack(frame)) if frame is not None else []

    def _own(self, summary: traceback.StackSummary) -> Frames:
        own = [
            (os.path.relpath(entry.filename, self.folder), entry.lineno or 0, entry.name, (entry.line or "").strip())
            for entry in summary
            if self.owns(entry.filename)
        ]
        own = [frame for number, frame in enumerate(own) if own[max(0, number - 2) : number] != [frame, frame]]
        return own[:2] + own[-(MAX_FRAMES - 2) :] if len(own) > MAX_FRAMES else own
