"""What the judge may ask about the subject's process from inside: how much an object holds, what was logged."""

import gc
import logging
import resource
import sys
from collections import deque
from types import BuiltinFunctionType, FunctionType, ModuleType

_NOT_COUNTED = (type, ModuleType, FunctionType, BuiltinFunctionType)
MAX_OBJECTS = 2_000_000
KEPT_RECORDS = 500


def size_of(root: object) -> tuple[int, int]:
    """Objects reachable from *root* and their bytes; classes, modules and functions are not counted."""
    seen: set[int] = set()
    todo = [root]
    total = 0
    while todo and len(seen) < MAX_OBJECTS:
        thing = todo.pop()
        if id(thing) in seen or isinstance(thing, _NOT_COUNTED):
            continue
        seen.add(id(thing))
        total += sys.getsizeof(thing, 64)
        todo += gc.get_referents(thing)
    return len(seen), total


class LogRecords(logging.Handler):
    """Keeps what the submission logs, formatted with its exception, for the judge to read."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._records: deque[tuple[str, str, str]] = deque(maxlen=KEPT_RECORDS)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record."""
        self._records.append((record.levelname, record.name, self.format(record)[:4000]))

    def take(self) -> list[tuple[str, str, str]]:
        """Level, logger and text of each record since the last call."""
        taken = list(self._records)
        self._records.clear()
        return taken


def cpu_seconds() -> float:
    """Processor seconds this process has used, its own code's and the kernel's for it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def allocated_blocks() -> int:
    """Blocks of memory the interpreter holds, after what nobody refers to any more was collected."""
    gc.collect()
    return sys.getallocatedblocks()
