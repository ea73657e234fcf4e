"""Situations of the cache with one caller, for objects that cannot cross: they live in the submission's process."""

# ruff: noqa: ANN401, ARG001, D102 - the submission has no types here; a scene's `jobs` and callers speak for themselves

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import redis


class Scene:
    """A cache, keys that no other run has used, and a count of computations."""

    def __init__(self, solution: Any, host: str, port: int, **options: Any) -> None:
        self.solution = solution
        self.cache = solution.CacheManager(redis_host=host, redis_port=port, **options)
        self.key = f"report {uuid4().hex}"
        self.runs = 0

    def jobs(self) -> list[Callable[[], object]]:
        return [self.ask]

    def ask(self) -> Any:
        return self.cache.get_or_compute(self.key, self.compute, 60)

    def compute(self) -> Any:
        self.runs += 1
        return {"run": self.runs}

    def seen(self) -> Any:
        """How often the function ran."""
        return self.runs


class Methods(Scene):
    """Cached methods of objects that come and go, and of objects that say what they stand for."""

    def ask(self) -> None:
        cached = self.solution.cache_result(ttl=60, cache=self.cache)

        class Shop:
            def __init__(self, name: str) -> None:
                self.name = name

            @cached
            def get_name(self, language: str) -> str:
                return self.name

        names = [f"shop {number} {self.key}" for number in range(8)]
        self.swapped = [name for name in names if Shop(name).get_name("en") != name]
        self._with_cache_key(cached)

    def _with_cache_key(self, cached: Any) -> None:
        runs = []

        class Keyed:
            def __init__(self, number: int) -> None:
                self.number = number

            @property
            def cache_key(self) -> str:
                return f"number {self.number}"

        @cached
        def describe(thing: Any, unique: str) -> str:
            runs.append(thing)
            return f"{type(thing).__name__} {thing.number}"

        class Shop(Keyed):
            pass

        class Museum(Keyed):
            pass

        shops = [Shop(1), Shop(1)]
        self.results = [describe(shop, self.key) for shop in shops]
        self.runs = len(runs)
        self.results += [describe(thing, self.key) for thing in (Shop(2), Museum(1))]

    def seen(self) -> dict[str, Any]:
        return {
            "swapped": self.swapped,
            "runs with equal cache_key": self.runs,
            "results with cache_key": self.results,
        }


class Changed(Scene):
    """A caller changes what it got, and what it stored."""

    def ask(self) -> dict[str, Any]:
        told: dict[str, Any] = {}
        stored = ["stored"]
        self.cache.set(self.key, stored, ttl=60)
        stored.append("by the caller of set")
        told["get, after the list given to set was changed"] = self.cache.get(self.key)
        got = self.cache.get(self.key)
        got.append("by the caller of get")
        told["get, after the list that came from get was changed"] = self.cache.get(self.key)

        @self.solution.cache_result(ttl=60, cache=self.cache)
        def load(unique: str) -> dict[str, Any]:
            return {"tags": ["loaded"]}

        for which in ("first", "second"):
            load(self.key)["tags"].append(f"by the caller of the {which} call")
            told[f"a call, after the result of the {which} call was changed"] = load(self.key)["tags"]
        return told


class OwnClient(Scene):
    """A cache on a client that the caller made; host and port lead nowhere."""

    def __init__(self, solution: Any, host: str, port: int, decode: bool) -> None:  # noqa: FBT001
        self.solution = solution
        client = redis.Redis(host, port, decode_responses=decode)
        self.cache = solution.CacheManager("localhost", 1, client=client)
        self.runs = 0

    def ask(self) -> list[Any]:
        told = [self.cache.set("report:1", {"n": [1, None]}, ttl=60), self.cache.get("report:1")]
        told += [self.cache.get_or_compute("report:2", self.compute, 60) for _ in range(2)]
        told += [self.cache.delete("report:1"), self.cache.delete("report:1"), self.cache.clear_pattern("report:*")]
        return told


class InvalidatedMethod(Scene):
    """Results of a method are dropped for one object and one argument."""

    def ask(self) -> list[Any]:
        cached = self.solution.cache_result(ttl=60, cache=self.cache)
        runs: list[str] = []

        class Shop:
            def __init__(self, name: str) -> None:
                self.cache_key = name

            @cached
            def price(self, article: str) -> int:
                runs.append(f"{self.cache_key} {article}")
                return len(runs)

        here, there = Shop(self.key), Shop(self.key + " there")
        for shop in (here, there):
            shop.price("lamp")
        told: list[Any] = [Shop.price.invalidate(here, "lamp"), Shop.price.invalidate(here, "chair")]
        told += [here.price("lamp"), there.price("lamp")]
        return told


class NoDefault(Scene):
    """A default cache is set and taken away again; another server plays the one on localhost."""

    def __init__(self, solution: Any, host: str, port: int, localhost: int) -> None:
        super().__init__(solution, host, port)
        self.real = solution.CacheManager
        self.made: list[Any] = []
        self.localhost = self.real(redis_host=host, redis_port=localhost)

    def ask(self) -> list[Any]:
        def make(*args: Any, **kwargs: Any) -> Any:
            self.made.append([list(args), sorted(kwargs)])
            return self.localhost

        @self.solution.cache_result(ttl=60, key=lambda unique, call: f"{unique} {call}")
        def load(unique: str, call: int) -> int:
            return call

        self.solution.set_default_cache(self.cache)
        load(self.key, 1)
        self.solution.CacheManager = make
        try:
            self.solution.set_default_cache(None)
            load(self.key, 2)
            load(self.key, 3)
        finally:
            self.solution.CacheManager = self.real
            self.solution.set_default_cache(self.cache)
        return [self.cache.get(f"{self.key} {call}", "nothing") for call in (1, 2, 3)]

    def seen(self) -> int:
        """How many caches were made for the decorators."""
        return len(self.made)
