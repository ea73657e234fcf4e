"""time-machine, which moves the wall clock, imported so that a submission sees no test runner."""

import sys

# It imports pytest where that is installed.
_has_pytest = "pytest" in sys.modules
sys.modules.setdefault("pytest", None)  # type: ignore[arg-type]  # None stops the import
import time_machine  # noqa: E402

if not _has_pytest:
    del sys.modules["pytest"]

__all__ = ["time_machine"]
