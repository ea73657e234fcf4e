"""Calls a hand-over point at every line, or every opcode that touches what threads share, of the learner's files."""

import dis
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

_SHARED = frozenset({
    "LOAD_ATTR", "STORE_ATTR", "DELETE_ATTR", "LOAD_METHOD", "BINARY_SUBSCR", "STORE_SUBSCR", "DELETE_SUBSCR",
    "BINARY_OP",
    "LOAD_GLOBAL", "STORE_GLOBAL", "CONTAINS_OP", "FOR_ITER", "STORE_DEREF", "CALL",
})  # fmt: skip
"""Opcodes at which another thread's work can make a difference."""

Trace = Callable[[FrameType, str, Any], Any]


def tracer(owns: Callable[[str], bool], point: Callable[[FrameType], None], *, opcodes: bool) -> Trace:
    """The function for ``sys.settrace`` of one thread.

    Arguments:
        owns: whether a file is the learner's.
        point: the hand-over point.
        opcodes: stop at opcodes instead of lines: finds an unlocked ``+=``, costs ten times the steps.
    """

    def at_line(frame: FrameType, event: str, _: object) -> Trace:
        if event == "line":
            point(frame)
        return at_line

    def at_opcode(frame: FrameType, event: str, _: object) -> Trace:
        if event == "opcode" and frame.f_lasti in _shared_offsets(frame.f_code):
            point(frame)
        return at_opcode

    def enter(frame: FrameType, _event: str, _: object) -> Trace | None:
        if not owns(frame.f_code.co_filename):
            return None
        if opcodes:
            frame.f_trace_opcodes = True
            return at_opcode
        return at_line

    return enter


_offsets: dict[CodeType, frozenset[int]] = {}


def _shared_offsets(code: CodeType) -> frozenset[int]:
    known = _offsets.get(code)
    if known is None:
        known = frozenset(i.offset for i in dis.get_instructions(code) if i.opname in _SHARED)
        _offsets[code] = known
    return known
