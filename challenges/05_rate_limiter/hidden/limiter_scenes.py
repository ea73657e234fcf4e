"""Situations in which callers meet at one Redis; built and run in the submission's process, over and over."""

# ruff: noqa: ANN401, D102 - the submission has no types here; a scene's `jobs` and callers speak for themselves

import importlib.util
import socket
import sys
from collections.abc import Callable
from functools import cache
from itertools import count
from types import ModuleType
from typing import Any

import redis

_runs = count()


class LastSlot:
    """Two callers on two servers want the only slot of a key."""

    def __init__(self, solution: Any, host: str, port: int) -> None:
        self.limiters = [limiter_of(server, host, port) for server in (solution, second_server(solution))]
        self.key = f"last slot {next(_runs)}"
        self.config = solution.RateLimitConfig(1, 60)

    def jobs(self) -> list[Callable[[], object]]:
        return [lambda: self.ask(self.limiters[0]), lambda: self.ask(self.limiters[1])]

    def ask(self, limiter: Any) -> str:
        allowed, stats = limiter.is_allowed(self.key, self.config)
        return "degraded" if stats.get("degraded") else "admitted" if allowed else "refused"

    def seen(self) -> str:
        """What one more request is told."""
        return self.ask(self.limiters[0])


class SharedLimiter:
    """Two threads ask one limiter about different keys with different limits."""

    def __init__(self, solution: Any, host: str, port: int) -> None:
        self.limiter = limiter_of(solution, host, port)
        run = next(_runs)
        self.asked = [
            (f"shared {run} alice", solution.RateLimitConfig(1, 60)),
            (f"shared {run} bob", solution.RateLimitConfig(5, 60)),
        ]
        for key, config in self.asked:
            self.limiter.is_allowed(key, config)

    def jobs(self) -> list[Callable[[], object]]:
        return [lambda: self.ask(*self.asked[0]), lambda: self.ask(*self.asked[1])]

    def ask(self, key: str, config: Any) -> list[object]:
        allowed, stats = self.limiter.is_allowed(key, config)
        return [bool(allowed), *(stats.get(field) for field in ("limit", "current_count", "remaining"))]

    def seen(self) -> None:
        """Nothing more."""


class ExpiryWatched:
    """Somebody looks at the expiry of every key while a request is being counted."""

    def __init__(self, solution: Any, host: str, port: int) -> None:
        self.limiter = limiter_of(solution, host, port)
        self.config = solution.RateLimitConfig(2, 60)
        self.redis = client_of(host, port)
        self.redis.flushdb()

    def jobs(self) -> list[Callable[[], object]]:
        return [self.ask, self.look]

    def ask(self) -> bool:
        return bool(self.limiter.is_allowed("alice", self.config)[0])

    def look(self) -> list[str]:
        """The names of the keys that would stay for ever if the other caller were killed now."""
        names = self.redis.keys("*")
        return [name.decode("utf-8", "replace") for name in names if self.redis.pttl(name) == -1]

    def seen(self) -> list[str]:
        return self.look()


class DefaultLimiter:
    """A route is limited without naming a limiter; what connects to localhost:6379 gets to the check's Redis."""

    def __init__(self, solution: Any, host: str, port: int) -> None:
        self.solution = solution
        self.server = (host, port)
        self.caller = f"caller {next(_runs)}"

    def jobs(self) -> list[Callable[[], object]]:
        return [self.serve]

    def serve(self) -> list[int]:
        connect = socket.socket.connect

        def led(own: socket.socket, address: Any) -> None:
            """There is no Redis at localhost:6379 but the check's own, and none with the newer kind of address."""
            if isinstance(address, tuple) and address[1] == 6379:
                if own.family != socket.AF_INET:
                    raise ConnectionRefusedError
                address = self.server
            connect(own, address)

        socket.socket.connect = led  # type: ignore[assignment, method-assign]
        try:
            # The application's own route has a limiter at the same address, which nobody asks.
            app = self.solution.create_app(self.solution.RedisRateLimiter(*self.server))
            limited = self.solution.rate_limit(2, identity=lambda: self.caller)(lambda: "done")
            app.add_url_rule("/by_default", "by default", limited)
            client = app.test_client()
            return [client.get("/by_default").status_code for _ in range(3)]
        finally:
            socket.socket.connect = connect  # type: ignore[method-assign]

    def seen(self) -> None:
        """Nothing more."""


@cache
def limiter_of(solution: Any, host: str, port: int) -> Any:
    """One limiter for all runs: connecting anew each time would take longer than the race."""
    return solution.RedisRateLimiter(host, port)


@cache
def client_of(host: str, port: int) -> Any:
    """The scene's own connection."""
    return redis.Redis(host, port)


@cache
def second_server(solution: ModuleType) -> ModuleType:
    """The submission once more, as another process has it: none of its objects and locks are shared."""
    name = f"{solution.__name__}_on_another_server"
    spec = importlib.util.spec_from_file_location(name, str(solution.__file__))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
