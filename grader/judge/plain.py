"""Judging in plain pytest: finds each check's challenge, starts a nursery at the first, ends it with the session."""

import contextlib
from collections.abc import Generator
from pathlib import Path

import pytest

from grader.catalog import Catalog
from grader.errors import LevelUpError
from grader.judge.bench import Bench, Request
from grader.judge.fixtures import bench_key
from grader.judge.items import mark_of
from grader.model import Challenge
from grader.nursery.client import ROOT, Nursery
from grader.submission import resolve


class PlainBenches:
    """One bench at a time: the one of the challenge whose checks are running."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._catalog: Catalog | None = None
        self._nursery: Nursery | None = None
        self._challenge: Challenge | None = None
        self._submission: str | None = config.getoption("--submission")

    def pytest_report_header(self) -> str | None:
        """Says what is judged."""
        if not any("challenges" in Path(str(arg)).parts or arg == "." for arg in [*self._config.args, str(Path.cwd())]):
            return None
        what = self._submission or "the reference solutions (name another with --submission PATH)"
        return f"levelup: judging {what}; seed {self._config.getoption('--seed')}"

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, bool | None, bool | None]:
        """Have the right bench ready before the check's own surroundings."""
        if item.get_closest_marker("check") is not None:
            try:
                self._prepare(item.path)
            except LevelUpError as error:
                pytest.exit(str(error), returncode=error.exit_code)
        return (yield)

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out the drafts: checks of a tier that its challenge has not opened, unless ``--tier`` asks for them."""
        if config.getoption("--tier") is not None or not any(map(mark_of, items)):
            return
        drafts = {item for item in items if self._is_draft(item)}
        if drafts:
            config.hook.pytest_deselected(items=list(drafts))
            items[:] = [item for item in items if item not in drafts]

    def _is_draft(self, item: pytest.Item) -> bool:
        mark = mark_of(item)
        with contextlib.suppress(LevelUpError):  # told when the check is about to run
            return mark is not None and mark.tier > self._course().owner_of(item.path).tiers
        return False

    def _course(self) -> Catalog:
        if self._catalog is None:
            self._catalog = Catalog(ROOT)
        return self._catalog

    def pytest_unconfigure(self) -> None:
        """End the bench and the nursery."""
        self._put_away()
        if self._nursery is not None:
            self._nursery.close()
            self._nursery = None

    def _prepare(self, path: Path) -> None:
        challenge = self._course().owner_of(path)
        if challenge == self._challenge:
            return
        self._put_away()
        if self._nursery is None:
            self._nursery = Nursery()
        submission = resolve(challenge, Path(self._submission)) if self._submission else challenge.reference
        request = Request(
            submission=str(submission),
            seed=self._config.getoption("--seed"),
            fresh=self._config.getoption("--fresh-subjects"),
            home=str(self._nursery.home),
            hidden_roots=(str(ROOT),),
        )
        subjects, servers = self._nursery.connect()
        self._config.stash[bench_key] = Bench(
            request, challenge.number, challenge.module, challenge.limits, subjects, servers, lambda _: None
        )
        self._challenge = challenge

    def _put_away(self) -> None:
        bench = self._config.stash.get(bench_key, None)
        if bench is not None:
            bench.close()
            del self._config.stash[bench_key]
        self._challenge = None
