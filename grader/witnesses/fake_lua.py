"""Shuts in the Lua of the fake Redis: no Python, no files, no endless loop, nothing left behind."""

from collections.abc import Callable
from typing import Any

SECONDS_OF_CPU = 1.0

_SHUT_IN = """
local limit = ...
local clock, sethook, pairs, type, globals = os.clock, debug.sethook, pairs, type, _G
local started, saved, libraries

sethook(function()
    if started and clock() - started > limit then
        error("script ran for more than " .. limit .. " s and was stopped", 0)
    end
end, "", 100000)

local function restore(changed, original)
    for name in pairs(changed) do
        if original[name] == nil then changed[name] = nil end
    end
    for name, value in pairs(original) do changed[name] = value end
end

local function copy(of)
    local made = {}
    for name, value in pairs(of) do made[name] = value end
    return made
end

return function()
    if saved then
        restore(globals, saved)
        for library, original in pairs(libraries) do restore(library, original) end
    else
        os = {clock = clock}
        io, package, require, module, dofile, loadfile, debug, python, newproxy = nil
        saved, libraries = copy(globals), {}
        for _, value in pairs(saved) do
            if type(value) == "table" and value ~= globals then libraries[value] = copy(value) end
        end
    end
    started = clock()
end
"""
"""The hook runs every 100 000 instructions. The function returned begins a script: the first time it takes
away what Redis does not give to scripts either and notes what is left, later it puts that back."""

_ADD_WHAT_REDIS_HAS = """
redis.replicate_commands = function() return true end
redis.set_repl = function() end
redis.REPL_ALL, redis.REPL_AOF, redis.REPL_SLAVE, redis.REPL_REPLICA, redis.REPL_NONE = 3, 1, 2, 2, 0
"""
"""What old scripts call before they write; it has had no effect since Redis 5 and Valkey still accepts it."""

_begins: dict[int, Callable[[], None]] = {}
"""For each runtime, by identity (they live as long as the server), the function that begins a script."""


def shut_in(lua: Any) -> None:  # noqa: ANN401  # lupa's modules have no types
    """Make every runtime that *lua*, one of lupa's modules, creates from now on a shut-in one.

    lupa gives scripts ``python.eval`` and the attributes of every Python function, so one EVAL could end the
    server or move its clock. A script that loops for ever would hold the interpreter, and with it all other
    clients. A global that a script sets would make fakeredis refuse every later script too.
    """
    make: Callable[..., Any] = lua.LuaRuntime

    def make_shut_in(**arguments: Any) -> Any:  # noqa: ANN401
        runtime = make(register_eval=False, register_builtins=False, attribute_filter=_refuse, **arguments)
        _begins[id(runtime)] = runtime.eval(f"function(...) {_SHUT_IN} end")(SECONDS_OF_CPU)
        return runtime

    lua.LuaRuntime = make_shut_in


def begin_script(runtime: Any) -> None:  # noqa: ANN401
    """Put back what the script before has changed in *runtime*, and start counting processor time."""
    _begins[id(runtime)]()


def add_what_redis_has(runtime: Any) -> None:  # noqa: ANN401
    """Complete *runtime*, just made, and note its state as the one every script begins with."""
    runtime.execute(_ADD_WHAT_REDIS_HAS)
    begin_script(runtime)


def _refuse(_owner: object, name: str, _setting: bool) -> str:  # noqa: FBT001  # lupa calls it so
    """No attribute of a Python object is for a script."""
    message = f"no field {name!r}"
    raise AttributeError(message)
