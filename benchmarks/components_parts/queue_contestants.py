"""The message queues of 06: in memory, durable with an fsync for each message, or in a process that is killed."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from message_queue import MessageQueue

Handler = Callable[[Any], object]
ATTEMPTS = 3


class Reference:
    """The challenge's queue; *place* is a file, or empty for memory."""

    def __init__(self, place: str, handler: Handler) -> None:
        self._queue = MessageQueue(
            place or None, max_retries=ATTEMPTS, visibility_timeout=2, backoff_base=0.01, jitter=False
        )
        self._handler = handler
        self.enqueue = self._queue.enqueue

    def drain(self, patience: float = 0) -> None:
        """Run until nothing is left; with *patience*, look again for so many seconds."""
        ends = time.monotonic() + patience
        while True:
            self._queue.process_messages(self._handler, until_idle=True)
            if time.monotonic() >= ends:
                return
            time.sleep(0.05)

    def handle(self, _: int) -> None:
        """Run until all messages were handled."""
        self.drain()

    def rest(self) -> None:
        """Nothing runs by itself."""

    def dead(self) -> str:
        """What is known of the dead letters."""
        letters = self._queue.dead_letters()
        return f"{len(letters)} dead, error {'kept' if letters and letters[0].error else 'unknown'}"


class Huey:
    """Huey on SQLite with fsync, or in memory; its own order of steps, without its consumer's threads."""

    def __init__(self, place: str, handler: Handler) -> None:
        import huey  # noqa: PLC0415 - may be missing

        self._huey = (
            huey.SqliteHuey(filename=place, fsync=True, results=False) if place else huey.MemoryHuey(results=False)
        )

        def handled(data: Any) -> None:  # noqa: ANN401 - found again by this module and name in another process
            handler(data)

        self._handled = self._huey.task(retries=ATTEMPTS - 1)(handled)
        self.enqueue = self._handled

    def drain(self, patience: float = 0) -> None:
        """Run until nothing is left; with *patience*, look again for so many seconds."""
        ends = time.monotonic() + patience
        while True:
            while (task := self._huey.dequeue()) is not None:
                with suppress(Exception):
                    self._huey.execute(task)
            if time.monotonic() >= ends:
                return
            time.sleep(0.05)

    def handle(self, _: int) -> None:
        """Run until all messages were handled."""
        self.drain()

    def rest(self) -> None:
        """Nothing runs by itself."""

    def dead(self) -> str:
        """What is known of the dead letters."""
        return f"{self._huey.result_count()} dead, error unknown"


class Dramatiq:
    """dramatiq with its StubBroker in memory, or on a Valkey whose append-only file is synced for each command."""

    def __init__(self, place: str, handler: Handler) -> None:
        import dramatiq  # noqa: PLC0415 - may be missing
        from dramatiq.brokers.redis import RedisBroker  # noqa: PLC0415
        from dramatiq.brokers.stub import StubBroker  # noqa: PLC0415

        if place:
            self._broker: Any = RedisBroker(url=place, heartbeat_timeout=2000, maintenance_chance=1_000_000)
        else:
            self._broker = StubBroker()
        self._dramatiq = dramatiq
        self._worker: Any = None
        self._count = 0
        options = {"max_retries": ATTEMPTS - 1, "min_backoff": 10, "max_backoff": 10}

        def handled(data: Any) -> None:  # noqa: ANN401 - any payload
            handler(data)
            self._count += 1

        self._actor = dramatiq.actor(handled, broker=self._broker, actor_name="handled", **options)
        self.enqueue = self._actor.send

    def drain(self, patience: float) -> None:
        """Run for *patience* seconds."""
        self._start()
        time.sleep(patience)
        self.rest()

    def handle(self, count: int) -> None:
        """Run until *count* messages were handled; the worker goes on, for its end takes its time: see `rest`."""
        self._count = 0
        self._start()
        while self._count < count:
            time.sleep(0.0005)

    def rest(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.stop()
            self._worker = None

    def _start(self) -> None:
        self._worker = self._dramatiq.Worker(self._broker, worker_threads=1, worker_timeout=50)
        self._worker.start()

    def dead(self) -> str:
        """What is known of the dead letters."""
        key = f"dramatiq:{self._actor.queue_name}.XQ.msgs"
        return f"{self._broker.client.hlen(key)} dead, error kept"


ALL: dict[str, Any] = {"reference": Reference, "huey": Huey, "dramatiq": Dramatiq}


def child_handler(log: Path, deadly: str) -> Handler:
    """Write down each start and end; *deadly* messages never end by themselves the first time, or ever."""

    def handler(data: str) -> None:
        starts = log.read_text("utf-8").count(f"start {data}\n") if log.exists() else 0
        with log.open("a", encoding="utf-8") as file:
            file.write(f"start {data}\n")
        if data == deadly and (starts == 0 or data == "poison"):
            time.sleep(60)
        if data == "raises":
            raise ValueError(data)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"end {data}\n")

    return handler
