"""All that a hidden suite may import: marking checks, stating expectations, reaching the submission's objects."""

from grader.judge.exports import exported
from grader.judge.proxies import Handle, attr, wait_for
from grader.testing.expectations import CheckFailed, Raised, expect, fail, member, raises
from grader.testing.marks import check
from grader.wire.values import EnumValue

__all__ = [
    "CheckFailed",
    "EnumValue",
    "Handle",
    "Raised",
    "attr",
    "check",
    "expect",
    "exported",
    "fail",
    "member",
    "raises",
    "wait_for",
]
