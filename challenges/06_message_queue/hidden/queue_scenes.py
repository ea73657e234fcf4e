"""Situations in which callers of a queue meet; built and run in the submission's process, once for every order."""

# ruff: noqa: ANN401, D102 - the submission has no types here; a scene's `jobs` and callers speak for themselves

import itertools
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SIZES = ("messages_processed", "main_queue_size", "delayed", "in_flight", "dead_letter_size")


class _Scene:
    """A queue, and what its handler was given."""

    def __init__(self, solution: Any, *data: object, **options: Any) -> None:
        self.queue = solution.MessageQueue(**({"backoff_base": 0} | options))
        self.got: list[object] = []
        for each in data:
            self.queue.enqueue(each)

    def work(self) -> Any:
        return self.queue.process_messages(self.handle, until_idle=True)

    def handle(self, data: object) -> None:
        self.got.append(data)
        if str(data).startswith("bad"):
            raise ValueError(data)

    def sizes(self) -> list[int]:
        stats = self.queue.get_stats()
        return [stats[key] for key in SIZES]

    def seen(self) -> Any:
        """What the handler was given, and the sizes in the end."""
        return [sorted(map(str, self.got)), self.sizes()]


class TwoWorkers(_Scene):
    """Two workers look for the one message."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, "mail")

    def jobs(self) -> list[Callable[[], object]]:
        return [self.work, self.work]


class TwoSenders(_Scene):
    """Two senders enqueue at the same time, perhaps under the same dedup_id."""

    def __init__(self, solution: Any, dedup_id: str | None) -> None:
        super().__init__(solution)
        self.dedup_id = dedup_id

    def jobs(self) -> list[Callable[[], object]]:
        return [lambda: self.queue.enqueue("mail", dedup_id=self.dedup_id)] * 2


class Watched(_Scene):
    """One caller moves messages in every way there is; after each of its lines another reads the numbers."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, "good", "bad", max_retries=1)
        self.code = str(Path(solution.__file__).parent)
        self.looks: set[tuple[int, ...]] = set()
        self.over = False

    def jobs(self) -> list[Callable[[], object]]:
        return [lambda: None]

    def seen(self) -> Any:
        """The different numbers that were read."""
        watcher = threading.Thread(target=self.watch)
        watcher.start()
        sys.settrace(self.enter)
        self.work()
        self.queue.retry_dead_letters()
        sys.settrace(None)
        self.over = True
        watcher.join()
        return sorted(self.looks)

    def enter(self, frame: Any, _event: str, _argument: object) -> Any:
        return self.line if frame.f_code.co_filename.startswith(self.code) else None

    def line(self, _frame: Any, _event: str, _argument: object) -> Any:
        time.sleep(0)  # the watcher's turn
        return self.line

    def watch(self) -> None:
        while not self.over:
            self.looks.add(tuple(self.sizes()))
            time.sleep(0)


class RedriveMeetsFailure(_Scene):
    """A dead letter is asked back while a worker is there, with which it dies again."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, "bad", max_retries=1)
        self.work()

    def jobs(self) -> list[Callable[[], object]]:
        return [self.queue.retry_dead_letters, self.work]


class LastPlace(_Scene):
    """Two senders enqueue while there is place for one message."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, max_size=1)
        self.full = solution.QueueFull

    def jobs(self) -> list[Callable[[], object]]:
        return [self.send, self.send]

    def send(self) -> str:
        try:
            self.queue.enqueue("mail")
        except self.full:
            return "QueueFull"
        return "stored"


class Woken(_Scene):
    """A worker waits, or is about to, and a message comes."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution)
        self.came = self.arrived = 0.0

    def jobs(self) -> list[Callable[[], object]]:
        return [self.wait, self.happen]

    def wait(self) -> None:
        self.queue.process_messages(self.handle, poll=600)
        self.arrived = self.arrived or time.monotonic()

    def handle(self, data: object) -> None:
        self.arrived = time.monotonic()

    def happen(self) -> None:
        self.came = time.monotonic()
        self.queue.enqueue("mail")
        time.sleep(60)
        self.queue.stop()

    def seen(self) -> bool:
        """Whether it took longer than any wake-up takes."""
        return self.arrived - self.came > 30


class Waiting(Woken):
    """A worker waits in a thread of its own; its lines are counted, until something happens that concerns it."""

    MANY = 500

    def __init__(self, solution: Any, event: str) -> None:
        super().__init__(solution)
        if event == "retry_dead_letters":
            self.queue.enqueue("bad")
            self.queue.process_messages(lambda _: 1 // 0, until_idle=True)
        self.event = event
        self.code = str(Path(solution.__file__).parent)
        self.lines = 0

    def jobs(self) -> list[Callable[[], object]]:
        return [lambda: None]

    def seen(self) -> Any:
        """Whether it was woken late, and how many lines it ran while nothing happened."""
        worker = threading.Thread(target=self.wait_counted)
        worker.start()
        for seconds in (0, 0, 0, 5):
            time.sleep(seconds)
        lines = self.lines
        self.happen()
        worker.join()
        return [super().seen(), lines]

    def happen(self) -> None:
        self.came = time.monotonic()
        getattr(self.queue, self.event)(*(("mail",) if self.event == "enqueue" else ()))
        time.sleep(60)
        self.queue.stop()

    def wait_counted(self) -> None:
        sys.settrace(self.enter)
        try:
            self.wait()
        finally:
            sys.settrace(None)

    def enter(self, frame: Any, _event: str, _argument: object) -> Any:
        return self.line if frame.f_code.co_filename.startswith(self.code) else None

    def line(self, _frame: Any, _event: str, _argument: object) -> Any:
        self.lines += 1
        if self.lines > self.MANY and not self.came:
            raise SystemExit  # it would run for ever
        time.sleep(0)
        return self.line


class Refusing(_Scene):
    """Messages that their handler refuses for good, with Reject and with a class made from it."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, "plain", "special", "weak", max_retries=3)
        kinds = {"plain": solution.Reject, "special": type("NoSuchCustomer", (solution.Reject,), {}), "weak": OSError}
        self.kinds = kinds

    def jobs(self) -> list[Callable[[], object]]:
        return [self.work]

    def handle(self, data: Any) -> None:
        self.got.append(data)
        raise self.kinds[data](f"no {data} customer")

    def seen(self) -> Any:
        """The deliveries, the dead letters, and the numbers; then the deliveries after a redrive."""
        letters = [(one.data, one.reason, one.error, one.attempts) for one in self.queue.dead_letters()]
        stats = self.queue.get_stats()
        counted = [stats["messages_failed"], stats["messages_dead_lettered"]]
        before = list(self.got)
        self.got.clear()
        self.queue.retry_dead_letters()
        self.work()
        return [before, letters, counted, list(self.got)]


class ChangedBySender(_Scene):
    """The sender changes its data after it has enqueued them."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution)
        data = {"to": "ada", "tags": ["new"], "more": {"deep": [1]}}
        self.queue.enqueue(data)
        data["to"] = "bob"
        data["tags"].append("changed")  # type: ignore[attr-defined]
        data["more"]["deep"].append(2)  # type: ignore[index]

    def jobs(self) -> list[Callable[[], object]]:
        return [self.work]

    def seen(self) -> Any:
        """What the handler was given."""
        return self.got


class ChangedByHandler(_Scene):
    """A handler changes what it was given, and fails."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, {"to": "ada", "tags": ["new"]}, max_retries=2)

    def jobs(self) -> list[Callable[[], object]]:
        return [self.work]

    def handle(self, data: Any) -> None:
        self.got.append({"to": data["to"], "tags": list(data["tags"])})
        data["to"] = "bob"
        data["tags"].append("changed")
        raise ValueError("and failed")

    def seen(self) -> Any:
        """What each attempt was given, then what the dead letter holds."""
        return [*self.got, self.queue.dead_letters()[0].data]


class TwoObjects(_Scene):
    """Two queue objects on one file, as two processes would have them; a worker of each looks for the one message."""

    numbers = itertools.count()

    def __init__(self, solution: Any, folder: str) -> None:
        path = f"{folder}/{next(self.numbers)}.queue"
        super().__init__(solution, "mail", path=path)
        self.other = solution.MessageQueue(path, backoff_base=0)

    def jobs(self) -> list[Callable[[], object]]:
        return [self.work, lambda: self.other.process_messages(self.handle, until_idle=True)]
