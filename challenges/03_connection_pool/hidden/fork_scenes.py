"""What a fork does to a pool: the scene runs in the submission's process, which forks; the child tells what it saw."""

# ruff: noqa: ANN401, D102 - the submission has no types here; a scene's `jobs` and callers speak for themselves

import json
import os
import select
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any, Self

USES = ("execute", "fetchone", "commit", "rollback", "reset", "cancel", "close", "cursor", "set_session")


class Connection:
    """A stand-in for psycopg2's connection and cursor; it notes what other processes than its own do to it."""

    autocommit, closed, status, rowcount, description = False, 0, 1, -1, None

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.touched: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """All methods of both; they do nothing but note who calls."""
        if name not in USES:
            raise AttributeError(name)

        def method(*_: object, **__: object) -> Any:
            if os.getpid() != self.owner:
                self.touched.append(name)
            self.closed |= name == "close"
            return self

        return method

    def get_transaction_status(self) -> int:
        return 0

    @property
    def info(self) -> Any:
        return type("Info", (), {"transaction_status": 0, "status": 0})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        (self.commit if kind is None else self.rollback)()


class Forked:
    """The process forks while one connection is idle, and one is lent or not; the child goes on with the pool."""

    def __init__(self, solution: Any, how: str) -> None:
        self.how = how
        self.connections: list[Connection] = []
        self.pool = solution.DatabasePool(0, 2, connect=self.connect)
        with self.pool.get_connection(), self.pool.get_connection():
            pass

    def connect(self) -> Connection:
        self.connections.append(Connection())
        return self.connections[-1]

    def jobs(self) -> list[Callable[[], object]]:
        return [self.fork]

    def fork(self) -> dict[str, Any]:
        before = self.pool.get_stats()
        block = ExitStack()
        if self.how != "idle":
            block.enter_context(self.pool.get_connection())
        read, write = os.pipe()
        child = os.fork()
        if not child:
            self.tell(write, lambda: self.child(block))
        os.close(write)
        told = b""
        while select.select([read], [], [], 4)[0] and (part := os.read(read, 4096)):
            told += part
        os.close(read)
        os.kill(child, 9)
        os.waitpid(child, 0)
        block.close()
        with self.pool.get_connection():
            pass
        parent = {
            "created": len(self.connections) - before["connections_created"],
            "open": sum(not each.closed for each in self.connections),
        }
        return {"child": json.loads(told or b"{}"), "parent": parent}

    def tell(self, write: int, act: Callable[[], dict[str, Any]]) -> None:
        told: dict[str, Any] = {}
        try:
            told = act()
        except BaseException as error:  # noqa: BLE001 - told to the parent
            told = {"error": f"{type(error).__name__}: {error}"}
        finally:
            os.write(write, json.dumps(told).encode())
            os._exit(0)

    def child(self, block: ExitStack) -> dict[str, Any]:
        parents = list(self.connections)
        with suppress(ValueError), block:
            if self.how == "raising":
                raise ValueError("no such user")
        with self.pool.get_connection(timeout=5) as connection:
            own = connection.owner == os.getpid()
        stats = self.pool.get_stats()
        self.pool.close()
        return {"own": own, "stats": stats, "touched": [each.touched for each in parents]}

    def seen(self) -> None:
        """Nothing more."""
