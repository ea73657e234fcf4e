"""A pytest plugin that writes every test's outcome into one JSON file: what Exercism's test runners do for a track.

Their interface asks for ``version``, an overall ``status`` and, per test, ``name``, ``status`` and ``message``.
"""

import json
from pathlib import Path
from typing import Any

import pytest

VERSION = 2


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the file goes."""
    parser.addoption("--json-results", type=Path, required=False, help="write the outcomes here")


def pytest_configure(config: pytest.Config) -> None:
    """Collect outcomes if a file is named."""
    file = config.getoption("--json-results")
    if file is not None:
        config.pluginmanager.register(_Results(file), "json-results-collector")


class _Results:
    def __init__(self, file: Path) -> None:
        self._file = file
        self._tests: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.failed:
            status = "pass" if report.passed else "fail" if report.when == "call" else "error"
            message = "" if report.passed else report.longreprtext
            self._tests.append(
                {"name": report.nodeid, "status": status, "message": message, "output": report.capstdout}
            )

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        status = "pass" if exitstatus == pytest.ExitCode.OK else "fail" if self._tests else "error"
        results = {"version": VERSION, "status": status, "tests": self._tests}
        self._file.write_text(json.dumps(results, indent=2), encoding="utf-8")
