"""All that a hidden suite may import: marking checks, stating expectations, reaching the submission's objects."""

from grader.judge.clock import Clock
from grader.judge.exports import exported
from grader.judge.failure import CheckFailed
from grader.judge.processes import Another, Process
from grader.judge.proxies import Handle, attr, wait_for
from grader.judge.races import RaceRun, Races
from grader.judge.servers import PostgresWitness, RedisWitness
from grader.testing.expectations import Raised, expect, fail, member, raises
from grader.testing.marks import check
from grader.wire.values import EnumValue

__all__ = [
    "Another",
    "CheckFailed",
    "Clock",
    "EnumValue",
    "Handle",
    "PostgresWitness",
    "Process",
    "RaceRun",
    "Races",
    "Raised",
    "RedisWitness",
    "attr",
    "check",
    "expect",
    "exported",
    "fail",
    "member",
    "raises",
    "wait_for",
]
