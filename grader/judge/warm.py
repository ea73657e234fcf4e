"""The warm judge: a pytest session that stops after collecting its suite and forks itself for every run."""

import contextlib
import gc
import importlib
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

from grader.events import Event, RunFinished, SuiteFinished, SuiteStarted, to_line
from grader.judge.bench import Bench, Request
from grader.judge.conclusions import NOT_RUN, conclude
from grader.judge.fixtures import bench_key
from grader.judge.items import check_of, mark_of
from grader.judge.plugin import verdict_key
from grader.judge.verdicts import PASSED, Verdict
from grader.model import Check, Limits, Outcome
from grader.nursery import custody, mail

_UNUSED_PLUGINS = (
    "cacheprovider", "doctest", "faulthandler", "junitxml", "logging", "pastebin", "recwarn", "setuponly", "setupplan",
    "stepwise", "terminal", "threadexception", "unittest", "unraisableexception", "warnings",
)  # fmt: skip
"""Built-in plugins that only cost time here: nobody sees this session's terminal, and the judge has its own reports."""

MAX_SECOND_LOOKS = 3
_SHARED = (
    "in a process of its own this check passes: your objects share something (a class attribute, a mutable default "
    "argument, a variable of the module), or threads get in each other's way"
)
_DRIVERS = {"redis": "redis", "valkey": "redis", "postgres": "psycopg2"}


def collect_and_wait(parent: socket.socket, hidden: Path, challenge: dict[str, Any]) -> None:
    """Collect the suite in *hidden*, then fork a judge for each letter of *parent* until it closes."""
    # --confcutdir: or the names of all folders above would match a -k expression.
    arguments = [str(hidden), "-c", os.devnull, "--rootdir", str(hidden), "--confcutdir", str(hidden), "--noconftest",
                 "--import-mode=importlib", "--capture=no", "-p", "grader.judge.plugin"]  # fmt: skip
    for name in _UNUSED_PLUGINS:
        arguments += ["-p", f"no:{name}"]
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    pytest.main(arguments, plugins=[_Warm(parent, challenge)])


class _Warm:
    """The session's other half: waits between collecting and running."""

    def __init__(self, parent: socket.socket, challenge: dict[str, Any]) -> None:
        self._parent = parent
        self._challenge = challenge
        self._problems: list[str] = []
        self._bench: Bench | None = None
        self._began = 0.0
        self._second_looks = 0

    def pytest_plugin_registered(self, manager: pytest.PytestPluginManager) -> None:
        """Be known under the name by which the judging plugin recognises a warm session."""
        if not manager.has_plugin("levelup-warm"):
            manager.register(_Name(), "levelup-warm")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember what could not be collected."""
        if report.failed:
            self._problems.append(f"{report.nodeid}: {report.longreprtext[-1500:]}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Wait for letters; the forked judge goes on to run the session's items, the parent never does."""
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        for item in session.items:
            _ = item.location  # pytest works it out once an item: here once for all runs
            for module in _needed_by(item):
                importlib.import_module(module)
        gc.collect()
        gc.freeze()  # a collection in a judge would copy every page of what was collected here
        while (received := mail.receive(self._parent)) is not None:
            letter, fds = received
            if os.fork() == 0:
                self._become_judge(session, letter["request"], fds)
                return None
            for fd in fds:
                os.close(fd)
        os._exit(0)

    def _become_judge(self, session: pytest.Session, request: dict[str, Any], fds: list[int]) -> None:
        self._parent.close()
        custody.die_with_parent()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._began = time.perf_counter()
        events = socket.socket(fileno=fds[0])

        def emit(event: Event) -> None:
            try:
                events.sendall(to_line(event).encode("utf-8", "backslashreplace") + b"\n")
            except OSError:  # the run was cancelled: nobody wants the rest, and the subject ends with this process
                os._exit(0)

        self._emit = emit
        if self._problems:
            emit(_broken("the hidden suite cannot be collected: " + "; ".join(self._problems)))
            os._exit(0)
        request = {**request, **{name: tuple(request.get(name, ())) for name in ("hidden_roots", "only")}}
        limits = Limits(**self._challenge["limits"])
        asked = Request(**request)
        config = session.config
        self._bench = config.stash[bench_key] = Bench(
            asked, self._challenge["number"], self._challenge["module"], limits,
            socket.socket(fileno=fds[1]), socket.socket(fileno=fds[2]), emit,
        )  # fmt: skip
        config.option.tier, config.option.seed, config.option.keyword = asked.tier, asked.seed, asked.keyword
        if asked.only:
            chosen = [item for item in session.items if item.name.removeprefix("test_") in asked.only]
            session.items[:] = chosen
        try:
            config.hook.pytest_collection_modifyitems(session=session, config=config, items=session.items)
        except pytest.UsageError as error:
            emit(_broken(str(error), exit_code=2))
            os._exit(0)
        checks = [check_of(item, self._challenge["number"]) for item in session.items if mark_of(item) is not None]
        emit(SuiteStarted(self._challenge["number"], tuple(_facts(check) for check in checks)))
        if asked.collect_only:
            self._bench.close()
            os._exit(0)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Run one check without the reports that pytest would make of its phases: nobody reads them here."""
        verdict = _run_phases(item, nextitem)
        if self._may_share(verdict) and self._passes_alone(item, nextitem):
            verdict = replace(verdict, because=_SHARED)
        item.stash[verdict_key] = verdict
        return True

    def _may_share(self, verdict: Verdict) -> bool:
        """Whether a failure may come from what earlier checks left in the process; asked of the first failures only."""
        if self._bench is None or verdict.outcome is not Outcome.FAILED or not verdict.expected:
            return False
        if self._bench.request.debug or self._bench.seat.served < 2 or self._second_looks >= MAX_SECOND_LOOKS:  # noqa: PLR2004
            return False
        self._second_looks += 1
        return True

    def _passes_alone(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Run the check once more, in a subject of its own."""
        assert self._bench is not None
        with self._bench.seat.second_look():
            item._initrequest()  # type: ignore[attr-defined]  # noqa: SLF001 - its fixtures anew, as pytest's own plugins do
            return _run_phases(item, nextitem) is PASSED

    @pytest.fixture
    def tmp_path(self) -> Iterator[Path]:
        """A folder of the check's own, gone with it."""
        folder = tempfile.mkdtemp(prefix="check-", dir=self._bench.request.home if self._bench else None)
        try:
            yield Path(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Send the suite's totals and end the judge without pytest's own farewell."""
        if self._bench is not None:
            self._finish(session, self._bench)

    def _finish(self, session: pytest.Session, bench: Bench) -> NoReturn:
        with contextlib.suppress(BaseException):
            bench.close()
        verdicts = [item.stash.get(verdict_key, None) for item in session.items]
        passed = sum(verdict is not None and verdict.outcome is Outcome.PASSED for verdict in verdicts)
        ms = (time.perf_counter() - self._began) * 1000
        self._emit(SuiteFinished(bench.number, passed, len(verdicts), round(ms, 2)))
        os._exit(0)


def _needed_by(item: pytest.Item) -> set[str]:
    """The drivers that the fixtures of *item* use; a suite that needs none does not wait for their import."""
    return {_DRIVERS[name] for name in getattr(item, "fixturenames", ()) if name in _DRIVERS}


def _run_phases(item: pytest.Item, nextitem: pytest.Item | None) -> Verdict:
    verdict = _set_up_and_call(item)
    try:
        item.ihook.pytest_runtest_teardown(item=item, nextitem=nextitem)
    except BaseException as error:  # noqa: BLE001 - whatever it was, it is this check's
        verdict = conclude(item, "teardown", error) if verdict is PASSED else verdict
    return verdict


def _set_up_and_call(item: pytest.Item) -> Verdict:
    when = "setup"
    try:
        item.ihook.pytest_runtest_setup(item=item)
        when = "call"
        item.ihook.pytest_runtest_call(item=item)
    except BaseException as error:  # noqa: BLE001 - whatever it was, it is this check's
        return conclude(item, when, error)
    return NOT_RUN if item.get_closest_marker("xfail") else PASSED


class _Name:
    """Only a name in pytest's plugin list."""


def _facts(check: Check) -> dict[str, Any]:
    return {name: value for name, value in asdict(check).items() if name != "challenge"}


def _broken(problem: str, exit_code: int = 3) -> RunFinished:
    return RunFinished(0, 0, 0, 0, 0, 0, 0, 0, 0.0, exit_code, problem)
