"""Finds and stops servers whose owner is gone, as after a power cut or a SIGKILL of everything but them."""

import os
import shutil
import signal
import time
from pathlib import Path

from grader.witnesses import running
from grader.witnesses.places import TEMPORARY_PREFIX
from grader.witnesses.running import Running
from grader.witnesses.server_process import SECONDS_TO_END


def find() -> list[Running]:
    """The servers that still run although the process that started them is gone.

    A pid file proves nothing by itself, for numbers are given out again: a server counts only if the process
    of that number started when the file says. Servers of a run that is still going on are nobody's leftovers.
    """
    return [told for _, told in running.recorded() if told is not None and told.orphaned and told.alive]


def stop_all() -> list[Running]:
    """Stop what ``find`` finds and remove what orphaned servers left on disk; returns the stopped ones.

    Raises:
        PermissionError: a leftover belongs to another user.
    """
    stopped = []
    for path, told in running.recorded():
        if told is None:
            running.forget(path)
            continue
        if not told.orphaned:
            continue
        if told.alive:
            _stop(told)
            stopped.append(told)
        if told.folder is not None and _is_temporary(Path(told.folder)):
            shutil.rmtree(told.folder, ignore_errors=True)
        running.forget(path)
    return stopped


def _stop(told: Running) -> None:
    """Send the signal the file names, after five seconds SIGKILL, until the process is gone."""
    ending = signal.Signals.__members__.get(told.ending, signal.SIGKILL)
    for chosen in (ending, signal.SIGKILL):
        try:
            os.kill(told.pid, chosen)
            os.kill(told.pid, signal.SIGCONT)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + SECONDS_TO_END
        while told.alive and time.monotonic() < deadline:
            time.sleep(0.01)
        if not told.alive:
            return


def _is_temporary(folder: Path) -> bool:
    """Whether *folder* is one that this package made: nothing else is removed, whatever a file says."""
    return folder.name.startswith(TEMPORARY_PREFIX) and folder.is_dir() and not folder.is_symlink()
