"""Tier 2: a hit equals a miss, nobody shares an object with the cache, and what Redis returns is not trusted."""

# ruff: noqa: ARG001 - what a function does not use is in the key of its calls all the same

import base64
import json
import pickle
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from cache_calls import NO_RESULT, Redis, decorated, found, new_cache
from cache_fire import plant, raw_names, with_types
from grader.testing import Handle, Process, RaceRun, Races, check, expect, exported

PLANTED: dict[str, bytes | None] = {
    "broken JSON": b'{"value": "half of i',
    "an empty string": b"",
    "bytes that are no text": b"\xff\xfe\x00\x80",
    "a number in JSON": b"42",
    "null in JSON": b"null",
    "a string in JSON": b'"from an older program"',
    "a list in JSON": b'["Ada", "Bea", "Cleo"]',
    "a dict in JSON, without your mark": b'{"name": "Ada", "age": 36}',
    "a dict with a value in it, without your mark": b'{"value": 5}',
    "a Redis list": None,
}


@check(tier=2, section="§6")
def test_hit_equals_miss(subject: Handle, redis: Redis) -> None:
    """A hit returns what the miss returned, types included."""
    cache = new_cache(subject, redis)
    values: dict[str, Any] = {
        "a tuple": (1, "two", None),
        "tuples in a list in a dict": {"points": [(1, 2), (3, 4)]},
        "a dict with whole numbers as keys": {1: "one", 2: "two"},
        "a dict with keys of two types": {1: "number", "1": "text"},
        "a dict with None and True as keys": {None: 1, True: 2},
        "a set": {1, 2, 3},
        "bytes": b"\x00\xff",
        "a date": date(2026, 2, 28),
        "a datetime": datetime(2026, 2, 28, 12, 30, tzinfo=UTC),
        "a timedelta": timedelta(days=1, microseconds=5),
        "a Decimal": Decimal("1.10"),
        "a large whole number": 10**30,
        "a dict like those of the cache itself": {"v": 1, "value": 2, "version": 1, "format": 1},
        "a dict with odd keys": {"!tuple": [1], "__type__": "set", "": 0},
    }

    def load(which: str) -> Any:  # noqa: ANN401
        return values[which]

    cached = decorated(subject, load, ttl=600, cache=cache)
    because = (
        "JSON knows no tuples, sets, bytes or dates, and its keys are always strings: store enough to rebuild the "
        "value exactly, or do not store it at all"
    )
    for which, value in values.items():
        for call in ("first", "second"):
            got = cached(which)
            expect(got, f"what the {call} call of a function that returns {which} gave").satisfies(
                with_types(got) == with_types(value), f"{value!r}, of the same types", because=because
            )
        if cache.set(which, value, ttl=600) is True:
            got = cache.get(which)
            expect(got, f"what get returned for {which}, after set said True").satisfies(
                with_types(got) == with_types(value), f"{value!r}, of the same types", because=because
            )


@exported()
class OpenFile:
    """Something that no text can bring back."""


@check(tier=2, section="§6")
def test_values_without_a_text_are_not_kept(subject: Handle, redis: Redis, process: Process) -> None:
    """A value that cannot be stored is returned, not kept, and noted in the log."""
    cache, runs = new_cache(subject, redis), []

    def open_file(name: str) -> dict[str, Any]:
        runs.append(name)
        return {"name": name, "file": OpenFile()}

    cached = decorated(subject, open_file, ttl=600, cache=cache)
    because = "json.dumps(…, default=str) or repr store a description; what comes out of it is no open file"
    for call in ("first", "second"):
        process.logged()
        result = cached("notes.txt")
        expect(result, f"the {call} result of a function that returns an open file").has_keys("file", because=NO_RESULT)
        expect(result["file"], f"the file in the {call} result").satisfies(
            isinstance(result["file"], OpenFile), "the open file itself", because=because
        )
        _noted(process, "a result that cannot be stored")
    expect(len(runs), "how often the function ran in 2 calls").equals(
        2, because="such a result cannot be kept, so the function runs each time"
    )
    process.logged()
    expect(cache.set("file", {"file": OpenFile()}, ttl=600), "set('file', an open file)").is_false(because=because)
    _noted(process, "a value that cannot be stored")


@check(tier=2, section="§6")
def test_arguments_without_a_name_are_not_cached(subject: Handle, redis: Redis, process: Process) -> None:
    """A call whose arguments cannot be named runs uncached, with a note in the log."""
    cache, runs = new_cache(subject, redis), []

    def count_lines(file: object, encoding: str = "utf-8") -> int:
        runs.append(encoding)
        return 100 + len(runs)

    cached = decorated(subject, count_lines, ttl=600, cache=cache)
    for call, file in (("first", OpenFile()), ("second", OpenFile()), ("third", [OpenFile()])):
        process.logged()
        expect(cached(file), f"the {call} call, each with another open file as argument").equals(
            100 + len(runs),
            because="str() and repr() of an object hold its address, which the next object may get: such a call has no "
            "name, so run the function",
        )
        _noted(process, "a call whose arguments cannot be named")
    expect(len(runs), "how often the function ran in 3 such calls").equals(
        3, because="without a name a call cannot be recognised, so its result cannot be kept"
    )


@check(tier=2, section="§6")
def test_nobody_shares_an_object_with_the_cache(races: Races, valkey: Redis) -> None:
    """Changing a value that came from the cache, or went into it, changes it for nobody else."""

    def unchanged(run: RaceRun) -> None:
        for what, value in run.results[0].items():
            expect(value, what).equals(
                ["loaded"] if what.startswith("a call") else ["stored"],
                because="the caller and the cache hold the same list: keep text, and make a new object for each get",
            )

    def own(run: RaceRun) -> None:
        for name, value in zip("AB", run.results, strict=True):
            expect(value, f"the list of caller {name}, which appended its own letter").equals(
                [name],
                because="the callers who waited got the very list of the one who computed it: give each a copy",
            )

    races.every("cache_scenes.Changed", valkey.host, valkey.port, keeps=unchanged, kind="once")
    races.every("cache_meetings.SharedChange", valkey.host, valkey.port, keeps=own, kind="once")


@check(tier=2, section="§6")
def test_foreign_entries_are_misses(subject: Handle, redis: Redis) -> None:
    """What the cache did not write is a miss, and is replaced."""
    cache, runs = new_cache(subject, redis), []

    def load() -> str:
        runs.append(1)
        return f"loaded {len(runs)}"

    cached = decorated(subject, load, ttl=600, cache=cache, key=lambda: "entry")
    for what, content in PLANTED.items():
        plant(redis, cache, "entry", content)
        found(
            cache.get("entry", default="nothing"),
            "nothing",
            f"get('entry', default='nothing') with {what} in its place",
            missing="get gave None, not the default: what stands there is no value of yours, so there is none",
        )
        before = len(runs)
        for call in ("first", "second"):
            expect(cached(), f"the {call} call of a cached function, with {what} in the place of its result").equals(
                f"loaded {before + 1}",
                because="what is there is not yours: mark your values with a version, and take what lacks it for a "
                "miss; the new result replaces it",
            )
        redis.client.flushdb()


@check(tier=2, section="§6")
def test_nothing_from_redis_is_executed(subject: Handle, redis: Redis, tmp_path: Path) -> None:
    """Nothing that Redis returns is unpickled, evaluated or executed."""
    cache, proof = new_cache(subject, redis), tmp_path / "executed"

    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return exec, (f"import pathlib; pathlib.Path({str(proof)!r}).mkdir(exist_ok=True)",)

    secret = "a value to be found in what was stored"
    code = f"__import__('pathlib').Path({str(proof)!r}).mkdir(exist_ok=True)"
    bombs = [code.encode(), json.dumps(code).encode()]
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        raw, lure = pickle.dumps(Bomb(), protocol), pickle.dumps(secret, protocol)
        bombs += [raw, base64.b64encode(raw), raw.hex().encode()]
        for write in (bytes, base64.b64encode, lambda data: data.hex().encode()):
            bombs += _in_place_of(redis, cache, secret, write(lure), write(raw))
    bombs += _in_place_of(redis, cache, secret, repr(secret).encode(), code.encode())
    for bomb in bombs:
        plant(redis, cache, "letter", bomb)
        cache.get("letter")
        expect(proof.exists(), "whether code that somebody had written into Redis ran in your process").is_false(
            because="pickle.loads and eval run what they read; json.loads only ever builds values"
        )


def _in_place_of(server: Redis, cache: Any, secret: str, old: bytes, new: bytes) -> list[bytes]:  # noqa: ANN401
    """Return what is stored for *secret*, with *new* in the place of *old* where that is found."""
    cache.set("letter", secret, ttl=600)
    entries = [server.client.get(name) for name in raw_names(server) if server.client.type(name) == "string"]
    return [entry.encode().replace(old, new) for entry in entries if isinstance(entry, str) and old in entry.encode()]


def _noted(process: Process, what: str) -> None:
    __tracebackhide__ = True
    records = process.logged()
    expect(records, f"the log after {what}").satisfies(
        any(level in ("WARNING", "ERROR", "CRITICAL") for level, _, _ in records),
        "a record of level WARNING",
        because="whoever wonders why nothing is cached finds the reason in the log: logging.getLogger(…).warning",
    )
