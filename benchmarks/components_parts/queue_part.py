"""06: messages that outlive their workers, beside huey on SQLite and dramatiq on a Valkey that syncs each command."""

import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from typing import Any

import redis

from components_parts import queue_contestants
from components_parts.arena import REFERENCES, ROOT, Arena, took
from components_parts.contest import Contest

BATCH = 50
MESSAGES = 10
_CHILD = """
import sys, logging
from pathlib import Path
logging.disable(logging.CRITICAL)
from components_parts import queue_contestants as queues
queue = queues.ALL[sys.argv[1]](sys.argv[2], queues.child_handler(Path(sys.argv[3]), sys.argv[4]))
queue.drain(float(sys.argv[5]))
"""


class Site:
    """One kind of queue: in memory, durable, and in places of its own for the faults."""

    def __init__(self, name: str, arena: Arena, address: str) -> None:
        self.name, self.kind = name, queue_contestants.ALL[name]
        self._folder, self._address, self._numbers = arena.folder, address, count()
        self.memory = self.kind("", _nothing)
        self.durable = self.kind(self.place(), _nothing)

    def place(self) -> str:
        """A new file, or the emptied server."""
        if self.name == "dramatiq":
            redis.Redis.from_url(self._address).flushdb()
            return self._address
        return str(self._folder / f"{self.name}-{next(self._numbers)}.db")

    def log(self) -> Path:
        """A new file for a handler to write to."""
        return self._folder / f"{self.name}-{next(self._numbers)}.log"

    def worker(self, place: str, log: Path, deadly: str, patience: float) -> "subprocess.Popen[bytes]":
        """A process that handles messages for *patience* seconds, unless it is killed."""
        paths = ":".join(map(str, (ROOT / "benchmarks", ROOT, *REFERENCES)))
        command = [sys.executable, "-c", _CHILD, self.name, place, str(log), deadly, str(patience)]
        return subprocess.Popen(command, stderr=subprocess.DEVNULL, env={"PYTHONPATH": paths, "PATH": "/usr/bin:/bin"})


def contest(arena: Arena, runs: int) -> Contest[Site]:
    """Time and provoke."""
    server = arena.keeper.own("valkey")
    client = redis.Redis(server["host"], server["port"])
    client.config_set("appendfsync", "always")
    client.config_set("appendonly", "yes")
    address = f"redis://{server['host']}:{server['port']}/0"
    result: Contest[Site] = Contest(
        "06 message queue",
        {name: lambda name=name: Site(name, arena, address) for name in queue_contestants.ALL},  # type: ignore[misc]
    )
    result.row("enqueue in memory", BATCH, lambda site: _enqueue(site.memory))
    result.row("enqueue, on disk (fsync) before it returns", BATCH, lambda site: _enqueue(site.durable))
    result.row(
        "work through, on disk, at least once: claim, handle, report",
        BATCH,
        lambda site: site.durable.handle(BATCH),
        prepare=_filled,
        who=("reference", "dramatiq"),
    )
    result.row(
        "work through, on disk, theirs forgets before it handles",
        BATCH,
        lambda site: site.durable.handle(BATCH),
        prepare=_filled,
        who=("reference", "huey"),
    )
    result.race(runs)
    for site in result.contestants.values():
        site.durable.rest()
    result.fault("SIGKILL in the handler, 10 messages", _killed)
    result.fault("a message that kills its worker, 5 times", _poison)
    result.fault("a message that raises, among 10", _raises)
    result.fault("payload object(): enqueue", _unserialisable)
    result.notes.append("dramatiq's server: append-only file, appendfsync always; leases and heartbeats of 2 s")
    return result


def _nothing(_: object) -> None:
    """Handle a message."""


def _enqueue(queue: Any) -> None:  # noqa: ANN401 - any contestant
    for _ in range(BATCH):
        queue.enqueue("a message")


def _filled(site: Site) -> None:
    site.durable.rest()
    site.durable = site.kind(site.place(), _nothing)
    _enqueue(site.durable)


def _filled_place(site: Site, messages: list[str]) -> str:
    place = site.place()
    queue = site.kind(place, _nothing)
    for message in messages:
        queue.enqueue(message)
    return place


def _kill_when_started(worker: "subprocess.Popen[bytes]", log: Path, line: str, number: int) -> bool:
    """Kill *worker* as soon as *log* has that line *number* times; whether it came to that."""
    ends = time.monotonic() + 8
    try:
        while time.monotonic() < ends and worker.poll() is None:
            if log.exists() and log.read_text("utf-8").count(line) >= number:
                return True
            time.sleep(0.01)
        return False
    finally:
        worker.kill()
        worker.wait()


def _killed(site: Site) -> str:
    messages = [f"m{n}" for n in range(MESSAGES)]
    place, log = _filled_place(site, messages), site.log()
    if not _kill_when_started(site.worker(place, log, "m3", 30), log, "start m3\n", 1):
        return "did not start"
    site.worker(place, log, "", 6).wait(60)
    text = log.read_text("utf-8")
    ended = [text.count(f"end {message}\n") for message in messages]
    return f"lost {ended.count(0)}, twice {sum(number > 1 for number in ended)}"


def _poison(site: Site) -> str:
    place, log = _filled_place(site, ["poison"]), site.log()
    for number in range(1, 6):
        if not _kill_when_started(site.worker(place, log, "poison", 7), log, "start poison\n", number):
            break
    started = log.read_text("utf-8").count("start poison\n") if log.exists() else 0
    return f"killed {started} workers"


def _raises(site: Site) -> str:
    messages = ["raises", *(f"m{n}" for n in range(MESSAGES - 1))]
    place, log = _filled_place(site, messages), site.log()
    site.worker(place, log, "", 3).wait(60)
    text = log.read_text("utf-8")
    done = sum(f"end {message}\n" in text for message in messages)
    return f"{done} done, {text.count('start raises')} tries, {site.kind(place, _nothing).dead()}"


def _unserialisable(site: Site) -> str:
    queue = site.kind(site.place(), _nothing)
    ms = took(lambda: queue.enqueue(object()))
    return "accepted" if "Error" not in ms[1] else f"refused: {ms[1]}"
