"""Loads every processor, so that verdicts can be watched for a flaw that only shows under load."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_SPIN = """
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
while True:
    pass
"""


@contextmanager
def busy() -> Iterator[list[int]]:
    """Keep every processor busy meanwhile, by processes of these numbers; they also end when this one is killed."""
    command = [sys.executable, "-I", "-c", _SPIN]
    running = [
        # In a session of its own: Ctrl-C is for the owner, and the load ends with it.
        subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603 - our own command
        for _ in range(os.cpu_count() or 1)
    ]
    try:
        yield [process.pid for process in running]
    finally:
        for process in running:
            process.kill()
            process.wait()
            if process.stdin is not None:
                process.stdin.close()
