"""The subjects' nursery: redis, psycopg2, PyJWT and friends imported once, a subject forked on each request."""

import contextlib
import functools
import gc
import importlib.metadata
import os
import selectors
import signal
import socket
import sys
from typing import NoReturn

from grader.nursery import custody, mail

WARM_IMPORTS = (
    "asyncio", "base64", "collections", "concurrent.futures", "contextlib", "dataclasses", "datetime", "functools",
    "hashlib", "heapq", "hmac", "json", "logging", "queue", "random", "re", "secrets", "sqlite3", "threading", "time",
    "typing", "uuid", "redis", "psycopg2", "psycopg2.pool", "psycopg2.extras", "jwt", "argon2",
    "encodings.idna",
)  # fmt: skip
"""What submissions commonly import: already there when one starts."""
WARM_LATER = ("flask",)
"""Imported once there is nothing to do: it costs as much as all the others together, and few submissions need it."""
_QUIET_SECONDS = 0.2


def serve(parent: socket.socket) -> NoReturn:
    """Fork subjects for clients that *parent* introduces, until it closes.

    Like the process that forked it, this one ends when its socket closes, not at once with its parent: somebody has to
    end what the subjects left running.
    """
    custody.adopt_orphans()
    _import(WARM_IMPORTS)
    # redis asks for its own version at each new client, and the answer is parsed from a file: a quarter of connecting.
    importlib.metadata.version = functools.cache(importlib.metadata.version)
    from grader.subject import process  # noqa: PLC0415 - patches time; what was imported above keeps the patched names

    process.prepare()
    sys.dont_write_bytecode = True  # nothing of a submission is kept
    gc.collect()
    gc.freeze()
    _Nursery(parent).run()
    os._exit(0)


class _Nursery:
    def __init__(self, parent: socket.socket) -> None:
        self._parent = parent
        self._selector = selectors.DefaultSelector()
        self._status_of: dict[int, int] = {}
        """Exit-status pipe by the subject's pid."""
        self._subjects_of: dict[socket.socket, set[int]] = {}
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        os.set_blocking(wake_read, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        self._wake = wake_read
        self._selector.register(wake_read, selectors.EVENT_READ)
        self._selector.register(parent, selectors.EVENT_READ)

    def run(self) -> None:
        imported = False
        while True:
            # Not while a subject runs: it would share the processor with this and have nothing of it.
            idle = not imported and not self._status_of
            ready = self._selector.select(_QUIET_SECONDS if idle else None)
            if not ready:
                imported = True
                _import(WARM_LATER)
                gc.collect()
                gc.freeze()
            for key, _ in ready:
                if key.fileobj == self._wake:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self._wake, 4096)
                    self._reap()
                elif key.fileobj is self._parent:
                    if not self._introduce():
                        self._end()
                        return
                else:
                    self._serve(key.fileobj)  # type: ignore[arg-type]

    def _introduce(self) -> bool:
        received = mail.receive(self._parent)
        if received is None:
            return False
        client = socket.socket(fileno=received[1][0])
        self._subjects_of[client] = set()
        self._selector.register(client, selectors.EVENT_READ)
        return True

    def _serve(self, client: socket.socket) -> None:
        received = mail.receive(client)
        if received is None:
            self._selector.unregister(client)
            for pid in self._subjects_of.pop(client):
                custody.kill_group(pid)
            client.close()
            return
        letter, fds = received
        wire, crash, status, *rest = fds
        pid = os.fork()
        if pid == 0:
            from grader.subject import process  # noqa: PLC0415 - already imported by `serve`

            process.become_subject(wire, crash, rest, letter)
        for fd in (wire, crash, *rest):
            os.close(fd)
        self._status_of[pid] = status
        self._subjects_of[client].add(pid)
        with contextlib.suppress(OSError):
            mail.send(client, {"pid": pid})

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            pipe = self._status_of.pop(pid, None)
            for pids in self._subjects_of.values():
                pids.discard(pid)
            if pipe is not None:
                with contextlib.suppress(OSError):
                    os.killpg(pid, signal.SIGKILL)  # what the subject left running in its group
                with contextlib.suppress(OSError):
                    os.write(pipe, str(os.waitstatus_to_exitcode(status)).encode())
                os.close(pipe)
                custody.kill_strays(set(self._status_of))

    def _end(self) -> None:
        for pid in list(self._status_of):
            custody.kill_group(pid)
        with contextlib.suppress(ChildProcessError):
            while True:  # each that ends may leave its own children to this process
                custody.kill_strays(set())
                os.waitpid(-1, 0)


def _import(names: tuple[str, ...]) -> None:
    """Import what is there; a missing one is the submission's affair."""
    for name in names:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
