"""All that a hidden suite may import: marking checks, stating expectations, reaching the submission's objects."""

from grader.errors import SubjectCrashed, SubjectRaised, SubjectTimedOut
from grader.judge.clock import Clock
from grader.judge.exports import exported, their_error
from grader.judge.failure import CheckFailed
from grader.judge.own_servers import OwnPostgres, OwnRedis
from grader.judge.processes import Another, Process
from grader.judge.proxies import Handle, attr, wait_for
from grader.judge.races import RaceRun, Races
from grader.judge.servers import PostgresWitness, RedisWitness
from grader.judge.tap import Tap
from grader.testing.expectations import Raised, expect, fail, member, raises
from grader.testing.faults import Gate, failing
from grader.testing.marks import check
from grader.wire.values import EnumValue

__all__ = [
    "Another",
    "CheckFailed",
    "Clock",
    "EnumValue",
    "Gate",
    "Handle",
    "OwnPostgres",
    "OwnRedis",
    "PostgresWitness",
    "Process",
    "RaceRun",
    "Races",
    "Raised",
    "RedisWitness",
    "SubjectCrashed",
    "SubjectRaised",
    "SubjectTimedOut",
    "Tap",
    "attr",
    "check",
    "expect",
    "exported",
    "fail",
    "failing",
    "member",
    "raises",
    "their_error",
    "wait_for",
]
