"""Serves the judge's requests for races: explores one scene and hands out its observations, each kind once."""

import linecache
import os
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from grader.subject.loader import Loader
from grader.subject.races import patches, stores
from grader.subject.races.exploration import Exploration, Observation, Scene
from grader.subject.races.plan import Step

MAX_TRACE = 400
"""Steps of a run that are told; a longer run is told from its end."""


def take_turns() -> None:
    """Prepare this process for races; before the submission is imported."""
    patches.install()
    stores.install()


class RaceDesk:
    """One exploration at a time.

    Arguments:
        loader: knows the learner's files.
        pack: the wire's form of a value, to tell observations apart.
    """

    def __init__(self, loader: Loader, pack: Callable[[object], Any]) -> None:
        self._loader = loader
        self._pack = pack
        self._told: set[str] = set()
        self._exploration: Exploration | None = None
        self._runs: Iterator[Observation] = iter(())

    def open(
        self, sources: dict[str, str], name: str, scene: str, solution: object, arguments: list[Any], kind: str
    ) -> None:
        """Load the scenes' modules, *name* and what it imports, from their *sources*; explore its class *scene*."""
        for each, source in sources.items():
            module = sys.modules[each] = ModuleType(each)
            exec(compile(source, f"<{each}>", "exec"), module.__dict__)  # noqa: S102 - the judge's own situations
        make_scene = getattr(sys.modules[name], scene)

        def make() -> Scene:
            made: Scene = make_scene(solution, *arguments)
            return made

        self._told = set()
        self._exploration = Exploration(make, self._loader.owns, kind)
        self._runs = iter(self._exploration)

    def next(self, runs: int) -> dict[str, Any]:
        """Go on for *runs* runs: the observations not seen before, the number of runs in all, whether it is over."""
        assert self._exploration is not None
        new: list[dict[str, Any]] = []
        for _ in range(runs):
            observation = next(self._runs, None)
            if observation is None:
                return {"new": new, "runs": self._exploration.runs, "over": True}
            told = self._tell(observation)
            key = repr(self._pack([told["results"], told["errors"], told["ended"], told["timeouts"] > 0, told["seen"]]))
            if key not in self._told:
                self._told.add(key)
                new.append({**told, "trace": self._lines(observation.trace)})
        return {"new": new, "runs": self._exploration.runs, "over": False}

    @staticmethod
    def _tell(observation: Observation) -> dict[str, Any]:
        return {
            "results": observation.results,
            "errors": [None if e is None else [type(e).__name__, str(e)[:500]] for e in observation.errors],
            "ended": observation.ended,
            "timeouts": observation.timeouts,
            "seen": observation.seen,
            "first": observation.plan.first,
            "switches": [list(switch) for switch in observation.plan.switches],
        }

    def _lines(self, trace: list[Step]) -> list[tuple[int, str, int, str]]:
        """The trace with each line's text, a line that was stopped at twice in a row told once."""
        told: list[tuple[int, str, int, str]] = []
        for step in trace[-MAX_TRACE:]:
            line = (step.worker, os.path.relpath(step.file, self._loader.folder), step.line)
            if not told or told[-1][:3] != line:
                told.append((*line, linecache.getline(step.file, step.line).rstrip("\n")))
        return told
